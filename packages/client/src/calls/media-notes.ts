import { createRoomRoute, encodeRequest } from "@sotto/api";
import { type Bytes, shortId } from "@sotto/bytes";
import { roomId } from "@sotto/crypto";
import type { ConversationHost } from "../conversation-host.ts";
import type { LedgerEntry, MediaReport } from "../sdk.ts";
import type { CallBase, StoredRecord } from "./call-store.ts";
import { callItemOf } from "./call-view.ts";
import { roomKeyOf } from "./room.ts";

/** The lines of "What the server sees" that a call's media leaves: what the sfu could note of it. */
export function noteMedia(
	host: ConversationHost,
	record: StoredRecord | undefined,
	bases: readonly CallBase[],
	report: MediaReport,
): void {
	if (record === undefined) return;
	const line = (action: LedgerEntry["action"], saw: LedgerEntry["saw"]): Omit<LedgerEntry, "id"> => ({
		at: host.clock.now(),
		cause: { kind: "call", title: host.title(record.conversation) },
		role: "sfu",
		action,
		saw,
		item: callItemOf(record.call),
	});
	if (report.phase === "ended") {
		const { participant, packets, bytes, durationMs } = report;
		const saw: LedgerEntry["saw"] = [
			{ field: "participant", value: participant },
			{ field: "packets", value: packets },
			{ field: "bytes", value: bytes },
			{ field: "durationMs", value: durationMs },
		];
		host.note([line("mediaFlow", saw)]);
	}
	if (report.phase === "joining" && bases.length > 0)
		host.background(roomKeyOf(bases).then(({ publicKey }) => host.note(roomLines(line, publicKey))));
}

function roomLines(
	line: (action: LedgerEntry["action"], saw: LedgerEntry["saw"]) => Omit<LedgerEntry, "id">,
	joinPublicKey: Bytes,
): readonly Omit<LedgerEntry, "id">[] {
	const room = { field: "room", value: shortId(roomId(joinPublicKey)) } as const;
	const bytes = { field: "bytes", value: encodeRequest(createRoomRoute, { joinPublicKey }).length } as const;
	return [line("createRoom", [room, bytes]), line("joinRoom", [room])];
}
