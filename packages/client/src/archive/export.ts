import { type Bytes, parseCbor, utf8ToText } from "@sotto/bytes";
import { decodeConversationState, syncEntryShape } from "@sotto/protocol";
import { recordPrefix } from "../calls/call-store.ts";
import { withActivity } from "../conversations/activity.ts";
import { decodeSummary } from "../conversations/group-summary.ts";
import { decodeRow } from "../conversations/history-row.ts";
import { decodeMeta, decodeQueued } from "../conversations/meta.ts";
import type { Store, StoreKey } from "../ports.ts";
import type { ConversationId } from "../sdk.ts";
import { keys, orderOfQueued, ownConversationId } from "../store/keys.ts";
import { endOfPrefix, listPrefix, unwrapStore } from "../store/transaction.ts";
import {
	type ArchivedConversation,
	type ArchiveEntry,
	type ArchiveManifest,
	encodePart,
	isArchived,
} from "./entries.ts";

/** A part is closed once its entries have these bytes; with one more it stays below the bound of a part. */
const partBytes = 131_072;
const pageRows = 256;

export type ExportOptions = {
	/** Comes before everything else. */
	readonly first?: readonly ArchiveEntry[];
	/** Of all conversations these alone. */
	readonly only?: readonly ConversationId[] | undefined;
	/** How far it has come, in conversations. */
	readonly onProgress: (done: number, total: number) => void;
};

/**
 * Everything of an account that the store of one of its devices has, as the parts of an archive; no MLS state (C7). What arrives
 * while it runs may be in it or not.
 */
export async function* exportArchive(
	store: Store,
	manifest: ArchiveManifest,
	options: ExportOptions,
): AsyncGenerator<Bytes> {
	yield encodePart({ manifest, entries: options.first ?? [] });
	let entries: ArchiveEntry[] = [];
	let size = 0;
	for await (const entry of entriesOf(store, manifest.scope, options)) {
		entries.push(entry);
		size += sizeOf(entry);
		if (size < partBytes) continue;
		yield encodePart({ entries });
		[entries, size] = [[], 0];
	}
	yield encodePart({ entries });
}

async function* entriesOf(
	store: Store,
	scope: ArchiveManifest["scope"],
	{ only, onProgress }: ExportOptions,
): AsyncGenerator<ArchiveEntry> {
	for (const { value } of await listPrefix(store, keys.contactAll)) yield { type: "contact", row: value };
	for (const { key } of await listPrefix(store, keys.blockedAll))
		yield { type: "blocked", account: key.slice(keys.blockedAll.length) };
	for (const { key, value } of await listPrefix(store, keys.introducedAll)) {
		const name = utf8ToText(value);
		if (name.ok) yield { type: "introduced", account: key.slice(keys.introducedAll.length), name: name.value };
	}
	for (const { value } of await listPrefix(store, recordPrefix)) yield { type: "call", row: value };
	if (scope === "backup") yield* registersOf(store);
	const all = await listPrefix(store, keys.conversationAll);
	// Another device is in the conversation of the account's devices already.
	const wanted = only === undefined ? undefined : new Set(only.map(keys.conversation));
	const isWanted = (key: StoreKey) => wanted === undefined || wanted.has(key);
	const conversations = all.filter(
		({ key }) => isWanted(key) && (scope === "backup" || key !== keys.conversation(ownConversationId)),
	);
	for (const [done, { key, value }] of conversations.entries()) {
		onProgress(done, conversations.length);
		const id = key.slice(keys.conversationAll.length);
		const conversation = await describe(store, id, value);
		if (conversation === undefined) continue;
		yield conversation;
		// Before the history: what counts meanwhile is in it as well, and the row that counts is the one that is taken.
		if (scope === "backup") yield* queuedOf(store, id);
		yield* historyOf(store, id);
	}
	onProgress(conversations.length, conversations.length);
}

async function* registersOf(store: Store): AsyncGenerator<ArchiveEntry> {
	for (const { value } of await listPrefix(store, keys.syncAll)) {
		const register = parseCbor(syncEntryShape, value);
		if (register.ok && isArchived(register.value.key)) yield { type: "register", register: register.value };
	}
}

async function describe(store: Store, id: ConversationId, row: Bytes): Promise<ArchivedConversation | undefined> {
	const get = async (key: StoreKey) => unwrapStore(await store.get(key));
	const [line, summaryRow] = [await get(keys.line(id)), await get(keys.summary(id))];
	const stored = decodeMeta(row);
	const state = line && decodeConversationState(line);
	const summary = summaryRow && decodeSummary(summaryRow);
	if (!stored.ok || !state?.ok || !summary?.ok) return undefined;
	const meta = withActivity(stored.value, await get(keys.activity(id)));
	return {
		type: "conversation",
		id,
		groupId: state.value.groupId,
		epoch: state.value.epoch,
		policy: summary.value.policy,
		isIn: state.value.stop?.kind !== "removed",
		heard: state.value.heard,
		unread: meta.unread,
		mentioned: meta.mentioned === true,
		activeAt: meta.activeAt,
		nextQueued: meta.nextQueued,
	};
}

/** The texts that wait, each with its row in the history. */
async function* queuedOf(store: Store, conversation: ConversationId): AsyncGenerator<ArchiveEntry> {
	const prefix = keys.queueAll(conversation);
	for (const { key, value } of await listPrefix(store, prefix)) {
		const n = Number.parseInt(key.slice(prefix.length), 16);
		const row = unwrapStore(await store.get(keys.history(conversation, orderOfQueued(n))));
		const queued = decodeQueued(value);
		if (row === undefined || !queued.ok || queued.value.item.content.type !== "text") continue;
		yield { type: "queued", conversation, n, row, queued: value };
	}
}

/** The history in its order, page by page. */
async function* historyOf(store: Store, conversation: ConversationId): AsyncGenerator<ArchiveEntry> {
	const to = endOfPrefix(keys.historyAll(conversation));
	let from: StoreKey = keys.historyAll(conversation);
	for (let first = 0; ; ) {
		const page = unwrapStore(await store.list({ from, to, limit: pageRows }));
		const rows = page.filter(({ value }) => counts(value)).map(({ value }) => value);
		if (rows.length > 0) yield { type: "rows", conversation, first, rows };
		first += rows.length;
		const last = page.at(-1);
		if (last === undefined || page.length < pageRows) return;
		// No key goes on with a character this low.
		from = `${last.key}!`;
	}
}

/** What does not count yet is nobody's history; a backup carries it as what waits. */
function counts(value: Bytes): boolean {
	const row = decodeRow(value);
	return row.ok && (row.value.kind !== "message" || row.value.state === "sent");
}

function sizeOf(entry: ArchiveEntry): number {
	if (entry.type === "rows") return entry.rows.reduce((sum, row) => sum + row.length, 64);
	if (entry.type === "queued") return entry.row.length + entry.queued.length + 64;
	return entry.type === "conversation" ? entry.policy.length + 256 : 512;
}
