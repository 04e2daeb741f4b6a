import { type Bytes, bytesToHex, equalBytes } from "@sotto/bytes";
import type { ConversationView, HistoryItem, JobView, MessageItem } from "@sotto/client";
import { type Head, type LogId, nextHead, recordHash } from "@sotto/crypto";
import { type ConversationState, decodeConversationState, secretsOf } from "@sotto/protocol";
import { keys } from "../../packages/client/src/store/keys.ts";
import { groupPrefix } from "./chronicle.ts";
import { areDevicesQuiet } from "./device-properties.ts";
import type { Device } from "./device.ts";
import { isGroupQuiet } from "./group-properties.ts";
import type { World } from "./world.ts";

/** A conversation as one device has it. */
export type Seen = {
	readonly device: Device;
	readonly view: ConversationView;
	readonly items: readonly HistoryItem[];
	readonly state: ConversationState;
	/** Whether it has read what the server has: the same records in the same places. */
	readonly follows: "the server" | "another history";
};

/** One thread on every device that has it. */
export type Thread = {
	readonly name: string;
	readonly isGroup: boolean;
	readonly seen: readonly Seen[];
	readonly isWhole: boolean;
};

/** Whether everything has arrived that is on its way: the world need not wait any longer. */
export async function isQuiet(world: World): Promise<boolean> {
	for (const device of world.devices) {
		if (device.membership === "linking") return false;
		if (device.membership !== "in") continue;
		const view = await device.view();
		if (view === undefined || view.jobs.some(isUnderWay) || view.requests.length > 0) return false;
	}
	const threads = await readThreads(world);
	for (const contact of world.chronicle.contacts) if (!threads.some(({ name }) => name === contact)) return false;
	return threads.every((thread) => {
		const { name, isWhole, isGroup } = thread;
		const seen = thread.seen.filter(({ device }) => !device.isFurther);
		if (!isWhole) return true;
		if (!areDevicesQuiet(world, thread)) return false;
		if (isGroup) return isGroupQuiet(world, thread);
		if (seen.length < 2) return world.sums.lettersAtRisk > 0;
		if (seen.some(({ view }) => view.phase !== "active")) return false;
		const due = world.chronicle.said.filter(({ thread, outcome }) => thread === name && outcome === "acknowledged");
		const shown = seen.map((one) => messagesOf(one).map(({ text, state }) => `${state} ${text}`));
		const isSame = shown.every((texts) => String(texts) === String(shown[0]));
		return isSame && due.every(({ text }) => shown[0]?.includes(`sent ${text}`));
	});
}

const isUnderWay = ({ kind, state }: JobView) => kind !== "addDevice" && state !== "done" && state !== "failed";

export async function readThreads(world: World): Promise<readonly Thread[]> {
	const threads = new Map<string, Seen[]>();
	for (const device of world.devices)
		for (const view of await device.conversations()) {
			const name = world.chronicle.threadOf(device, view);
			const row = device.store.rows.get(keys.line(view.id));
			const state = row === undefined ? undefined : decodeConversationState(row);
			if (state?.ok !== true) continue;
			const seen: Seen = {
				device,
				view,
				items: await device.items(view.id),
				state: state.value,
				follows: followsServer(world, state.value) ? "the server" : "another history",
			};
			threads.set(name, [...(threads.get(name) ?? []), seen]);
		}
	return [...threads].map(([name, seen]) => {
		const isGroup = name.startsWith(groupPrefix);
		return { name, isGroup, seen, isWhole: isGroup ? isUndeceived(world, seen) : isWhole(world, seen) };
	});
}

/** Of a group: where somebody was told another history, membership itself may differ. */
function isUndeceived({ witness }: Pick<World, "witness">, seen: readonly Seen[]): boolean {
	return seen.every(({ device }) => !witness.wasDeceived(device.name));
}

/** Whether nobody was told another history than the others: then everything has to be as if nothing had happened. */
function isWhole({ witness }: World, seen: readonly Seen[]): boolean {
	if (isUndeceived({ witness }, seen)) return true;
	const places = seen
		.filter(({ device }) => device.membership === "in")
		.map(({ state }) => bytesToHex(secretsOf(state.log).logId));
	return (
		seen.every(({ follows, device }) => device.membership === "out" || follows === "the server") &&
		new Set(places).size === 1
	);
}

function followsServer(world: World, { log, at, previous }: ConversationState): boolean {
	return isServers(world, log, at) && (previous === undefined || isServers(world, previous.log, previous.at));
}

function isServers({ server }: World, log: ConversationState["log"], at: ConversationState["at"]): boolean {
	if (at.seq === 0) return true;
	const { logId } = secretsOf(log);
	const held = server.store().disk.logs.get(Buffer.from(logId).toString("latin1"));
	if (held === undefined) return false;
	const tip = [...held.appends.values()].find(({ seq }) => seq === at.seq);
	const head = tip?.head ?? headOf(logId, held.records, at.seq);
	return head !== undefined && equalBytes(head, at.head);
}

/** L2, from the records themselves: of one that an evil server has put there twice the home knows the later place alone. */
function headOf(
	logId: LogId,
	records: ReadonlyMap<number, { readonly record: Bytes }>,
	seq: number,
): Bytes | undefined {
	let head: Bytes = logId;
	for (let n = 1; n <= seq; n++) {
		const record = records.get(n)?.record;
		if (record === undefined) return undefined;
		head = nextHead(head as Head, n, recordHash(record));
	}
	return head;
}

export function messagesOf({ items }: Pick<Seen, "items">): readonly MessageItem[] {
	return items.filter((item) => item.kind === "message");
}
