import { apiVersion, type RoomEvent, roomEventShape } from "@sotto/api";
import { encodeCbor, parseCbor } from "@sotto/bytes";
import { newParticipantId, type RoomId } from "@sotto/crypto";
import type { Clock, Random, Socket, Transport } from "../ports.ts";

/** How long the room may take to answer. */
const answerMs = 4_000;

export type ProbeResult = "somebody" | "nobody" | "unknown";

/**
 * Looks whether a room still exists (K1): asks to join without being able to. Whether it is refused for the signature or for
 * want of a room tells; nobody enters, and an empty room does not live longer for it. A room exists while somebody is in it and
 * 30 s after. A server that does not answer says nothing.
 */
export function probeRoom(
	ports: { readonly transport: Transport; readonly clock: Clock; readonly random: Random },
	joinUrl: string,
	roomId: RoomId,
): Promise<ProbeResult> {
	return new Promise((resolve) => {
		let isDone = false;
		let cancel: () => void = () => undefined;
		let socket: Socket | undefined;
		function finish(result: ProbeResult): void {
			if (isDone) return;
			isDone = true;
			cancel();
			socket?.close();
			resolve(result);
		}
		const answer = (event: RoomEvent): void => {
			const { random } = ports;
			if (event.type === "nonce") {
				const [participantId, fingerprint, signature] = [newParticipantId(), random(32), random(64)];
				socket?.send(encodeCbor({ type: "join", v: apiVersion, roomId, participantId, fingerprint, signature }));
			} else finish(event.type === "refused" ? meaningOf(event.code) : "unknown");
		};
		socket = ports.transport.connect(joinUrl, {
			opened: () => undefined,
			received: (frame) => {
				const event = parseCbor(roomEventShape, frame);
				if (event.ok) answer(event.value);
			},
			closed: () => finish("unknown"),
		});
		if (!isDone) cancel = ports.clock.wakeAt(ports.clock.now() + answerMs, () => finish("unknown"));
	});
}

function meaningOf(code: string): ProbeResult {
	if (code === "notFound") return "nobody";
	return code === "badSignature" ? "somebody" : "unknown";
}
