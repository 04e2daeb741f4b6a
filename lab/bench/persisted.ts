// What the engine writes for one message, measured on the real engine and home in a group of any size.
import { type Bytes, invariant } from "@sotto/bytes";
import type { Store, StoreOp } from "@sotto/client";
import {
	changedParts,
	encodeGroupState,
	epoch,
	exportSecret,
	type GroupState,
	groupIdOf,
	members,
	type MlsSuite,
	ownLeaf,
	signingKeyFromSeed,
} from "@sotto/crypto";
import { encodeConversationState, parseDeviceList, startConversation } from "@sotto/protocol";
import { decodeAccount } from "../../packages/client/src/account/record.ts";
import { encodeSummary, summaryOf } from "../../packages/client/src/conversations/group-summary.ts";
import { accountOf } from "../../packages/client/src/conversations/members.ts";
import { encodeMeta } from "../../packages/client/src/conversations/meta.ts";
import { putNewGroup } from "../../packages/client/src/store/group-rows.ts";
import { keys } from "../../packages/client/src/store/keys.ts";
import { StoreTransaction } from "../../packages/client/src/store/transaction.ts";
import { Puppet } from "../engine/puppet.test-kit.ts";
import { expectOk, openWorld, until } from "../engine/world.test-kit.ts";
import { MemoryStore } from "../memory-store.ts";
import { alone, type BenchDevice, commit, follow, growCold } from "./bench-group.ts";

/** A store that remembers what was written to it. */
class RecordingStore extends MemoryStore {
	batches: (readonly StoreOp[])[] = [];

	override async write(batch: readonly StoreOp[]) {
		this.batches.push(batch);
		return super.write(batch);
	}
}

export async function deviceOf(accountRow: Bytes | undefined): Promise<BenchDevice> {
	const account = accountRow === undefined ? undefined : decodeAccount(accountRow);
	invariant(account?.ok, "the store holds an account");
	const list = await parseDeviceList(account.value.deviceList);
	invariant(list.ok, "its list is signed");
	return { list: list.value, place: account.value.place, key: await signingKeyFromSeed(account.value.deviceSeed) };
}

/** Puts a conversation around a group into a store, as if it had just begun. */
export async function putConversation(store: Store, id: string, group: GroupState, name: string): Promise<void> {
	const tx = new StoreTransaction(store);
	const leaf = ownLeaf(group);
	const people = members(group).filter((member) => member.leaf !== leaf);
	const state = startConversation({
		groupId: groupIdOf(group),
		leaf,
		epoch: Number(epoch(group)),
		logSeed: await exportSecret(group, "sotto log", new Uint8Array(), 32),
		ordinal: 0,
		joined: true,
	});
	const now = Date.now();
	const meta = { v: 1 as const, kind: "group" as const, people: people.map(accountOf), name, unread: 0 };
	tx.put(keys.conversation(id), encodeMeta({ ...meta, activeAt: now, nextQueued: 0 }));
	tx.put(keys.line(id), encodeConversationState({ ...state, owesCommit: false }));
	tx.put(keys.summary(id), encodeSummary(summaryOf(group)));
	for (const member of members(group)) tx.put(keys.ringAddress(id, member.leaf), new Uint8Array(113).fill(member.leaf));
	await putNewGroup(store, tx, id, group);
	await tx.commit();
}

/**
 * Bytes and time that a message costs in the local store, sent and received, in a group of `size` devices. The engine writes into
 * memory; what it wrote is then written again to `disk`, which answers when it is durable.
 */
export async function persistedPerMessage(
	size: number,
	suite: MlsSuite,
	disk: Store,
	openHome?: Parameters<typeof openWorld>[0],
): Promise<{ [column: string]: number }> {
	const world = await openWorld(openHome);
	try {
		const store = new RecordingStore();
		const ada = await (await world.start("Ada", store)).create();
		await ada.client.close();
		const begun = await growCold(await alone(await deviceOf(store.rows.get(keys.account)), suite), 1, size, suite);
		// The first commit with a path: from here on nobody owes one.
		const settled = await commit(begun.first, { forcePath: true });
		const group = settled.pendingState;
		const id = "bench";
		await putConversation(store, id, group, "Bench");
		const others = new MemoryStore();
		await putConversation(others, id, await follow(begun.last, settled.mlsBytes), "Bench");
		const puppet = await Puppet.of(world, others, id);
		await puppet.createLog();
		const again = await world.start("Ada", store);
		expectOk(await again.client.sync());
		const quiet = () => until("all is sent", async () => store.keysLike("outbox/").length === 0);
		await quiet();
		const received = await replay(disk, store, async () => {
			await puppet.append(await puppet.sealText("x".repeat(1000)));
			expectOk(await again.client.sync());
			await until("it is there", async () => store.keysLike(`history/${id}/a`).length === 1);
		});
		const sent = await replay(disk, store, async () => {
			expectOk(await again.client.sendMessage(id, "y".repeat(1000)));
			await until("it counts", async () => store.keysLike(`history/${id}/a`).length === 2);
			await quiet();
		});
		const parts = changedParts(undefined, group).reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
		return {
			"stored group, bytes": parts,
			"whole state, as it was rewritten before, bytes": encodeGroupState(group).length,
			"received: persisted, bytes": received.bytes,
			"received: persisted, ms": received.ms,
			"sent: persisted, bytes": sent.bytes,
			"sent: persisted, ms": sent.ms,
		};
	} finally {
		await world.close();
	}
}

/** What `work` wrote to the store, the ledger apart, and how long the disk takes for it: the median of several times. */
async function replay(
	disk: Store,
	store: RecordingStore,
	work: () => Promise<void>,
): Promise<{ readonly bytes: number; readonly ms: number }> {
	store.batches = [];
	await work();
	const isOurs = ({ key }: StoreOp) => !key.startsWith(keys.ledgerAll) && !key.startsWith("package/");
	const batches = store.batches.map((batch) => batch.filter(isOurs)).filter((batch) => batch.length > 0);
	const ops = batches.flat();
	const bytes = ops.reduce((sum, op) => sum + op.key.length + (op.op === "put" ? op.value.length : 0), 0);
	const taken: number[] = [];
	for (let round = 0; round < 15; round++) {
		const fresh = batches.map((batch) => batch.map((op) => altered(op, round)));
		const start = performance.now();
		for (const batch of fresh) expectOk(await disk.write(batch));
		taken.push(performance.now() - start);
	}
	return { bytes, ms: taken.toSorted((a, b) => a - b)[7] as number };
}

/** SQLite writes nothing where the same bytes stand already: each round brings others of the same length. */
function altered(op: StoreOp, round: number): StoreOp {
	return op.op === "delete" ? op : { ...op, value: op.value.map((byte) => byte ^ (round + 1)) };
}
