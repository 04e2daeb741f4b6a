/** What the server noted, as the panel's scenes show it. */
import type { LedgerEntry } from "@sotto/client";
import { ada, hours, minutes, now } from "./people.ts";
import { nextId } from "./scene-parts.ts";

type Saw = LedgerEntry["saw"][number];
const log = (value: string): Saw => ({ field: "log", value });
const bytes = (value: number): Saw => ({ field: "bytes", value });
const ip: Saw = { field: "ip", value: "your network address" };

const noted = (
	at: number,
	cause: LedgerEntry["cause"],
	role: LedgerEntry["role"],
	action: LedgerEntry["action"],
	saw: readonly Saw[],
	item?: string,
): LedgerEntry => ({ id: nextId(), at, cause, role, action, saw, item });

export function ledgerOf(item: string): LedgerEntry[] {
	const wrote = { kind: "message", title: ada.name } as const;
	const call = { kind: "call", title: ada.name } as const;
	return [
		noted(now - hours(1), { kind: "presence", title: undefined }, "notifier", "attach", [
			{ field: "wakeId", value: "q7Lm…" },
			ip,
		]),
		noted(now - minutes(30), { kind: "sync", title: undefined }, "home", "read", [
			log("k3Jx…"),
			{ field: "records", value: 4 },
			bytes(8192),
			ip,
		]),
		noted(now - minutes(20), call, "home", "append", [log("k3Jx…"), bytes(2048), ip], "the call"),
		noted(
			now - minutes(20) + 400,
			call,
			"notifier",
			"ring",
			[
				{ field: "wakeId", value: "9tRb…" },
				{ field: "urgency", value: "now" },
			],
			"the call",
		),
		noted(now - minutes(20) + 900, call, "sfu", "createRoom", [{ field: "room", value: "Vb2e…" }], "the call"),
		noted(
			now - minutes(20) + 1500,
			call,
			"sfu",
			"joinRoom",
			[{ field: "room", value: "Vb2e…" }, { field: "participant", value: "d81c…" }, ip],
			"the call",
		),
		noted(
			now - minutes(16),
			call,
			"sfu",
			"mediaFlow",
			[
				{ field: "room", value: "Vb2e…" },
				{ field: "packets", value: 24_310 },
				bytes(18_443_210),
				{ field: "durationMs", value: 252_000 },
			],
			"the call",
		),
		noted(now - minutes(1), wrote, "home", "append", [log("k3Jx…"), bytes(2048), ip], item),
		noted(
			now - minutes(1) + 600,
			wrote,
			"notifier",
			"ring",
			[
				{ field: "wakeId", value: "9tRb…" },
				{ field: "urgency", value: "normal" },
			],
			item,
		),
	];
}
