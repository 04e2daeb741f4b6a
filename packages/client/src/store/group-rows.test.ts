import { type Result, utf8 } from "@sotto/bytes";
import {
	createGroup,
	createKeyPackage,
	encodeGroupState,
	generateLeafSignatureKey,
	type GroupState,
	openMessage,
	randomBytes,
	sealApplication,
	sealCommit,
} from "@sotto/crypto";
import { expect, test } from "vitest";
import { decodePending, encodePending, loadGroup, putGroup, putNewGroup } from "./group-rows.ts";
import { keys } from "./keys.ts";
import { TestStore } from "./memory.test-kit.ts";
import { StoreTransaction } from "./transaction.ts";

const anyone = { validateCredential: () => true, judgeCommit: () => true };
const suite = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519" as const;
const none = new Uint8Array();

function unwrap<T>(result: Result<T, unknown>): T {
	if (!result.ok) throw new Error(JSON.stringify(result.error));
	return result.value;
}

async function newPackage() {
	const signatureKey = await generateLeafSignatureKey();
	return createKeyPackage({ suite, credential: utf8("x"), signatureKey, now: Date.now(), lifetimeMs: 86_400_000 });
}

async function groupOfTwo(): Promise<GroupState> {
	const keyPackage = await newPackage();
	const alone = await createGroup({ groupId: randomBytes(32), keyPackage, policyExtension: none });
	const adds = [(await newPackage()).publicBytes];
	return unwrap(await sealCommit(alone, { adds, authenticatedData: none }, anyone)).pendingState;
}

async function write(store: TestStore, work: (tx: StoreTransaction) => void | Promise<void>): Promise<void> {
	const tx = new StoreTransaction(store);
	await work(tx);
	await tx.commit();
}

const expectSame = (one: GroupState | undefined, other: GroupState) =>
	expect(one && encodeGroupState(one)).toEqual(encodeGroupState(other));

test("a group that an earlier version stored in one row is read once, and lies in parts from then on", async () => {
	const store = new TestStore();
	const group = await groupOfTwo();
	store.rows.set(keys.wholeGroup("c"), encodeGroupState(group));
	expectSame(await loadGroup(store, "c"), group);
	expect(store.rows.has(keys.wholeGroup("c"))).toBe(false);
	expect([...store.rows.keys()].filter((key) => key.startsWith("group/c/"))).toHaveLength(5);
	expectSame(await loadGroup(store, "c"), group);
	const pending = unwrap(await sealCommit(group, { authenticatedData: none }, anyone)).pendingState;
	expectSame(await decodePending(group, encodeGroupState(pending)), pending);
});

test("C4: the pending state lies beside the one in force, whatever is read meanwhile, and is taken from there", async () => {
	const store = new TestStore();
	const group = await groupOfTwo();
	await write(store, (tx) => putNewGroup(store, tx, "c", group));
	const pending = unwrap(await sealCommit(group, { authenticatedData: none }, anyone)).pendingState;
	const row = encodePending(group, pending);
	const said = unwrap(await sealApplication(group, utf8("meanwhile"), none)).mlsBytes;
	const opened = unwrap(await openMessage(group, said, anyone));
	if (opened.kind !== "application") throw new Error("a message");
	await write(store, (tx) => putGroup(tx, "c", group, opened.state));
	const inForce = await loadGroup(store, "c");
	if (inForce === undefined) throw new Error("it is stored");
	expectSame(inForce, opened.state);
	expectSame(await decodePending(inForce, row), pending);
	// Beside a state of another group it is nothing.
	expect(await decodePending(await groupOfTwo(), row)).toBeUndefined();
	await write(store, (tx) => putGroup(tx, "c", inForce, pending));
	expectSame(await loadGroup(store, "c"), pending);
});

test("what is left of an earlier group does not mix with a new one; what is damaged is no group", async () => {
	const store = new TestStore();
	const group = await groupOfTwo();
	store.rows.set(keys.groupPart("c", "node/0009"), utf8("old"));
	await write(store, (tx) => putNewGroup(store, tx, "c", group));
	expect(store.rows.has(keys.groupPart("c", "node/0009"))).toBe(false);
	store.rows.delete(keys.groupPart("c", "ratchet/0001"));
	expect(await loadGroup(store, "c")).toBeUndefined();
	expect(await loadGroup(store, "other")).toBeUndefined();
});
