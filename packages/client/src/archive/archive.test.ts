import { type Bytes, bytesToBase64url, bytesToHex, concat, encodeCbor, Secret, uint32, utf8 } from "@sotto/bytes";
import {
	type AccountKey,
	generateSigningKey,
	type MessageId,
	passphraseCostBounds,
	randomBytes,
	sha256,
} from "@sotto/crypto";
import { directPolicy, encodeConversationState, encodePolicy, startConversation } from "@sotto/protocol";
import { beforeAll, expect, test } from "vitest";
import { openBackup } from "../backup/backup.ts";
import { encodeSummary } from "../conversations/group-summary.ts";
import { encodeRow, type HistoryRow } from "../conversations/history-row.ts";
import { encodeMeta, encodeQueued } from "../conversations/meta.ts";
import { readHistory } from "../conversations/history.ts";
import type { People } from "../contacts/people.ts";
import { directConversationId, itemIdOf, keys, orderOf, orderOfQueued } from "../store/keys.ts";
import { TestStore } from "../store/memory.test-kit.ts";
import { type ArchiveEntry, type ArchiveManifest, decodePart, encodePart } from "./entries.ts";
import { type ArchiveKey, openArchive, readArchive, sealArchive } from "./envelope.ts";
import { exportArchive } from "./export.ts";
import { ArchiveImport, clearUnfinished } from "./import.ts";

const cost = { memoryKiB: passphraseCostBounds.memoryKiB.min, passes: 1, lanes: 1 };
const right: ArchiveKey = { kind: "passphrase", passphrase: "correct horse battery staple" };
const rowCount = 3000;
let own: AccountKey;
let other: AccountKey;
let manifest: ArchiveManifest;
let store: TestStore;
let id: string;

beforeAll(async () => {
	[own, other] = (await Promise.all([generateSigningKey(), generateSigningKey()])).map(
		({ publicKey }) => publicKey as AccountKey,
	) as [AccountKey, AccountKey];
	manifest = { v: 1, id: randomBytes(16), scope: "backup", account: own, createdAt: 1 };
	id = directConversationId(other);
	store = conversationStore();
});

function message(n: number, state: "sent" | "sending" = "sent"): HistoryRow & { readonly kind: "message" } {
	const messageId = sha256(utf8(`${n}`)).slice(0, 16) as MessageId;
	const about = { account: own, mine: true, text: `message ${n}`, sentAt: n, state };
	return { kind: "message", id: itemIdOf(own, messageId), messageId, ...about };
}

/** A device with one conversation of 3,000 messages, and one that waits. */
function conversationStore(): TestStore {
	const made = new TestStore();
	const policy = encodePolicy(directPolicy(own, other));
	const meta = { v: 1 as const, kind: "direct" as const, people: [other], unread: 2, activeAt: 9, nextQueued: 8 };
	const begun = { groupId: randomBytes(32), leaf: 0, epoch: 5, logSeed: new Secret(randomBytes(32)), ordinal: 0 };
	made.rows.set(keys.conversation(id), encodeMeta(meta));
	made.rows.set(keys.line(id), encodeConversationState(startConversation({ ...begun, joined: true })));
	made.rows.set(keys.summary(id), encodeSummary({ v: 1, epoch: 5, members: [], policy }));
	for (let n = 0; n < rowCount; n++) made.rows.set(keys.history(id, orderOf(1, n, 0)), encodeRow(message(n)));
	const { messageId, text, sentAt, ...row } = message(rowCount, "sending");
	const item = { messageId: messageId as MessageId, sentAt, content: { type: "text" as const, text } };
	made.rows.set(keys.queue(id, 7), encodeQueued({ item, urgency: "message" }));
	made.rows.set(keys.history(id, orderOfQueued(7)), encodeRow({ ...row, messageId, text, sentAt } as HistoryRow));
	return made;
}

async function partsOf(from: TestStore, first: readonly ArchiveEntry[] = []): Promise<readonly Bytes[]> {
	return Array.fromAsync(exportArchive(from, manifest, { first, onProgress: () => undefined }));
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
	yield* items;
}

/** The pieces of a sealed file: its start, then one for each part. */
function sealed(parts: readonly Bytes[], key = right): Promise<readonly Bytes[]> {
	return Array.fromAsync(sealArchive(key, { salt: randomBytes(16), cost }, each(parts)));
}

async function takeAll(target: TestStore, parts: readonly Bytes[], upTo = parts.length): Promise<boolean> {
	const taking = await ArchiveImport.open(target, randomBytes, manifest);
	for (const [index, bytes] of parts.slice(0, upTo).entries()) {
		const part = decodePart(bytes);
		if (!part.ok || !(await taking.take(index, part.value)).ok) return false;
	}
	return true;
}

async function textsIn(target: TestStore): Promise<readonly string[]> {
	const people = { ownKey: own, personOfKey: () => ({}) } as unknown as People;
	const texts: string[] = [];
	for (let before: string | undefined; ; ) {
		const page = await readHistory(target, id, people, { limit: 200, ...(before && { before }) });
		texts.unshift(...page.items.flatMap((item) => (item.kind === "message" ? [item.text] : [])));
		before = page.older;
		if (before === undefined) return texts;
	}
}

test("a history goes over whole and in its order, with what waits behind it", async () => {
	const target = new TestStore();
	const parts = await partsOf(store);
	expect(parts.length).toBeGreaterThan(3);
	expect(await takeAll(target, parts)).toBe(true);
	expect(await textsIn(target)).toEqual(Array.from({ length: rowCount + 1 }, (_, n) => `message ${n}`));
	expect(target.rows.has(keys.queue(id, 7))).toBe(true);
	// C7: nothing of MLS, and no place in a log.
	expect([...target.rows.keys()].filter((key) => /^(group|pending|outbox|raw|kept)\//.test(key))).toEqual([]);
});

test("an import that died goes on where it was, and taking everything again changes nothing", async () => {
	const target = new TestStore();
	const parts = await partsOf(store);
	await takeAll(target, parts, 3);
	expect(await takeAll(target, parts)).toBe(true);
	expect((await textsIn(target)).length).toBe(rowCount + 1);
	const before = new Map(target.rows);
	target.rows.delete(keys.importing);
	expect(await takeAll(target, parts)).toBe(true);
	const plain = (rows: ReadonlyMap<string, Bytes>) =>
		[...rows].map(([key, value]) => `${key} ${bytesToHex(value)}`).sort();
	expect(plain(target.rows)).toEqual(plain(before));
});

test("what an unfinished import left goes before another archive is taken; the ledger stays", async () => {
	const target = new TestStore();
	await takeAll(target, await partsOf(store), 2);
	target.rows.set(keys.ledger(1), utf8("a line"));
	await clearUnfinished(target, manifest.id);
	expect(target.rows.size).toBeGreaterThan(100);
	await clearUnfinished(target, randomBytes(16));
	expect([...target.rows.keys()]).toEqual([keys.ledger(1)]);
});

test("another passphrase, or the same one spelled otherwise, does not open; look-alike spellings of one do", async () => {
	const file = concat(...(await sealed(await partsOf(store), { kind: "passphrase", passphrase: "pâté de foie" })));
	const opens = async (passphrase: string) => (await openArchive(file, { kind: "passphrase", passphrase })).ok;
	expect(await opens("p\u0061\u0302t\u0065\u0301 de foie")).toBe(true);
	expect(await openArchive(file, { kind: "passphrase", passphrase: "pate de foie" })).toEqual({
		ok: false,
		error: "wrongKey",
	});
	expect(await openArchive(file, { kind: "secret", secret: new Secret(randomBytes(32)) })).toMatchObject({ ok: false });
});

/** Whether a file opens and reads to its end. */
async function isWhole(file: Uint8Array): Promise<boolean> {
	const opened = await openArchive(file, right);
	if (!opened.ok) return false;
	for await (const part of readArchive(opened.value)) if (!part.ok) return false;
	return true;
}

test("an altered, cut, reordered, repeated or prolonged file is refused, wherever it was touched", async () => {
	const pieces = await sealed(await partsOf(store));
	const file = concat(...pieces);
	expect(await isWhole(file)).toBe(true);
	const ends = pieces.map((_, at) => pieces.slice(0, at + 1).reduce((sum, piece) => sum + piece.length, 0));
	for (const at of [0, 18, 30, ends[0], (ends[0] ?? 0) + 9, ends[1], (ends[1] ?? 0) + 100, file.length - 1])
		expect({ at, whole: await isWhole(file.map((byte, index) => (index === at ? byte ^ 1 : byte))) }).toEqual({
			at,
			whole: false,
		});
	for (const end of [...ends.slice(0, -1), 0, 5, 17, file.length - 1])
		expect({ end, whole: await isWhole(file.slice(0, end)) }).toEqual({ end, whole: false });
	const [start, one, two, three, ...rest] = pieces as [Bytes, Bytes, Bytes, Bytes, ...Bytes[]];
	expect(await isWhole(concat(start, one, three, two, ...rest))).toBe(false);
	expect(await isWhole(concat(start, one, three, ...rest))).toBe(false);
	expect(await isWhole(concat(start, one, two, two, three, ...rest))).toBe(false);
	expect(await isWhole(concat(file, uint32(16), new Uint8Array(16)))).toBe(false);
	expect(await isWhole(concat(file, rest.at(-1) as Bytes))).toBe(false);
});

test("a file that asks for 64 GiB of memory, or for a weak key, is refused before anything is computed", async () => {
	const withCost = (argon2id: { memoryKiB: number; passes: number; lanes: number }) => {
		const header = encodeCbor({ salt: randomBytes(16), argon2id });
		return concat(utf8("sotto archive 1\n"), uint32(header.length), header, uint32(16), new Uint8Array(16));
	};
	const started = performance.now();
	for (const asked of [
		{ memoryKiB: 64 * 1024 * 1024, passes: 3, lanes: 4 },
		{ memoryKiB: 8192, passes: 1_000_000, lanes: 1 },
		{ memoryKiB: 8192, passes: 1, lanes: 1024 },
		{ memoryKiB: 8, passes: 1, lanes: 1 },
	])
		expect(await openArchive(withCost(asked), right)).toEqual({ ok: false, error: "badFile" });
	// Bytes, not lines: what Argon2id itself costs is hundreds of times more.
	expect(performance.now() - started).toBeLessThan(1000);
	const long = concat(utf8("sotto archive 1\n"), uint32(2 ** 31), new Uint8Array(64));
	expect(await openArchive(long, right)).toEqual({ ok: false, error: "badFile" });
});

test("a backup whose keys are not those of the account that it names is refused, however well it is sealed", async () => {
	const entry: ArchiveEntry = {
		type: "account",
		name: "Eve",
		home: "https://home.test",
		accountSeed: randomBytes(32),
		device: randomBytes(32),
		deviceList: randomBytes(64),
		r: randomBytes(32),
		profile: logOf(),
		mailbox: logOf(),
		mailboxPublicKey: randomBytes(1216),
		mailboxPrivateKey: randomBytes(32),
		mailboxSeq: 0,
		version: { number: 1, hash: randomBytes(32), content: randomBytes(32) },
	};
	const file = concat(...(await sealed(await partsOf(store, [entry]))));
	expect(await openBackup(file, "correct horse battery staple")).toEqual({ ok: false, error: { kind: "badFile" } });
});

function logOf() {
	const [logId, readCap, appendCap, ownerCap] = Array.from({ length: 4 }, () => randomBytes(32));
	return { logId, readCap, appendCap, ownerCap } as (ArchiveEntry & { type: "account" })["profile"];
}

test("an archive cannot write where it likes: ids that are none, another's conversation, rows that do not parse", async () => {
	const row = encodeRow(message(1));
	const policy = encodePolicy(directPolicy(own, other));
	const conversation = { groupId: randomBytes(32), epoch: 1, policy, isIn: true, heard: true, unread: 0 };
	const more = { mentioned: false, activeAt: 0, nextQueued: 0 };
	const bad: readonly ArchiveEntry[] = [
		{ type: "rows", conversation: "../account", first: 0, rows: [row] },
		{ type: "rows", conversation: id, first: 0, rows: [utf8("no row")] },
		{ type: "queued", conversation: "x", n: 0, row, queued: row },
		{ type: "blocked", account: "someone" },
		{ type: "contact", row },
		{ type: "conversation", id: bytesToBase64url(randomBytes(16)), ...conversation, ...more },
		{ type: "conversation", id, ...conversation, ...more, policy: utf8("none") },
	];
	for (const entry of bad) {
		const target = new TestStore();
		expect({ type: entry.type, taken: await takeAll(target, [encodePart({ manifest, entries: [entry] })]) }).toEqual({
			type: entry.type,
			taken: false,
		});
		expect(target.rows.size).toBe(0);
	}
});
