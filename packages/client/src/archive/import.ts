import {
	base64urlToBytes,
	bytesShape,
	encodeCbor,
	equalBytes,
	err,
	integerShape,
	mapShape,
	ok,
	parseCbor,
	type Result,
	Secret,
	utf8,
	utf8ToText,
} from "@sotto/bytes";
import { encodeConversationState, parsePolicy, startConversation } from "@sotto/protocol";
import { decodeRecord, putRecordOp } from "../calls/call-store.ts";
import { decodeContact, encodeContact } from "../contacts/record.ts";
import { encodeAsking } from "../readmission/asking.ts";
import { encodeSummary } from "../conversations/group-summary.ts";
import { decodeRow, encodeRow, type HistoryRow } from "../conversations/history-row.ts";
import { decodeQueued, encodeMeta, encodeQueued, withPolicy } from "../conversations/meta.ts";
import type { Random, Store } from "../ports.ts";
import { accountIdOf, conversationIdOf, keys, orderOfArchived, orderOfQueued } from "../store/keys.ts";
import { endOfPrefix, StoreTransaction, unwrapStore } from "../store/transaction.ts";
import { encodeEntry } from "../sync/shared.ts";
import {
	type ArchivedConversation,
	type ArchiveEntry,
	type ArchiveManifest,
	type ArchivePart,
	isArchived,
} from "./entries.ts";

const cursorShape = mapShape({ id: bytesShape(16, 16), next: integerShape(0, 2 ** 32) });

/**
 * Takes an archive into a store, part by part, each in one transaction together with how far it has come: an import that died goes
 * on where it was, and taking a part twice changes nothing. What the store has already stays as it is.
 */
export class ArchiveImport {
	readonly #store: Store;
	readonly #random: Random;
	readonly #manifest: ArchiveManifest;
	#next: number;

	private constructor(store: Store, random: Random, manifest: ArchiveManifest, next: number) {
		this.#store = store;
		this.#random = random;
		this.#manifest = manifest;
		this.#next = next;
	}

	static async open(store: Store, random: Random, manifest: ArchiveManifest): Promise<ArchiveImport> {
		const row = unwrapStore(await store.get(keys.importing));
		const cursor = row && parseCbor(cursorShape, row);
		const isSame = cursor?.ok === true && equalBytes(cursor.value.id, manifest.id);
		return new ArchiveImport(store, random, manifest, isSame ? cursor.value.next : 0);
	}

	/** Takes the `index`th part. Error `badFile`: something in it is not what an archive of this account holds. */
	async take(index: number, part: ArchivePart): Promise<Result<void, "badFile">> {
		if (index < this.#next) return ok();
		const tx = new StoreTransaction(this.#store);
		for (const entry of part.entries) if (!(await this.#takeEntry(tx, entry))) return err("badFile");
		tx.put(keys.importing, encodeCbor({ id: this.#manifest.id, next: index + 1 }));
		await tx.commit();
		this.#next = index + 1;
		return ok();
	}

	async #takeEntry(tx: StoreTransaction, entry: ArchiveEntry): Promise<boolean> {
		switch (entry.type) {
			// The keys are their caller's; a history has none.
			case "account":
				return this.#manifest.scope === "backup";
			case "contact": {
				const contact = decodeContact(entry.row);
				if (!contact.ok) return false;
				const key = keys.contact(accountIdOf(contact.value.account));
				if ((await tx.get(key)) === undefined) tx.put(key, encodeContact(contact.value));
				return true;
			}
			case "call": {
				const record = decodeRecord(entry.row);
				if (record === undefined) return false;
				const op = putRecordOp(overCall(record));
				if ((await tx.get(op.key)) === undefined) tx.apply([op]);
				return true;
			}
			case "register": {
				const { register } = entry;
				if (!isArchived(register.key)) return false;
				if ((await tx.get(keys.sync(register.key))) === undefined)
					tx.put(keys.sync(register.key), encodeEntry(register));
				return true;
			}
			case "blocked":
				if (!isId(entry.account, 32)) return false;
				tx.put(keys.blocked(entry.account), utf8(""));
				return true;
			case "introduced": {
				const key = keys.introduced(entry.account);
				if (!isId(entry.account, 32)) return false;
				if ((await tx.get(key)) === undefined) tx.put(key, utf8(entry.name));
				return true;
			}
			case "conversation":
				return this.#takeConversation(tx, entry);
			case "rows":
				return takeRows(tx, entry);
			case "queued":
				return takeQueued(tx, entry);
		}
	}

	/** A conversation that this device is not in: its history can be read, and it waits to be let in (D3). */
	async #takeConversation(tx: StoreTransaction, entry: ArchivedConversation): Promise<boolean> {
		const own = this.#manifest.account;
		const policy = parsePolicy(entry.policy);
		if (!policy.ok) return false;
		const { kind } = policy.value;
		const id = conversationIdOf(policy.value, entry.groupId, own);
		if (id !== entry.id) return false;
		if ((await tx.get(keys.conversation(id))) !== undefined) return true;
		const { unread, activeAt, nextQueued, mentioned } = entry;
		const plain = { v: 1 as const, kind, people: [], unread, activeAt, nextQueued, ...(mentioned && { mentioned }) };
		tx.put(keys.conversation(id), encodeMeta(withPolicy(plain, policy.value, own)));
		const state = startConversation({
			groupId: entry.groupId,
			leaf: 0,
			epoch: 0,
			logSeed: new Secret(this.#random(32)),
			ordinal: 0,
			joined: false,
		});
		const stop = entry.isIn ? ({ kind: "waiting" } as const) : ({ kind: "removed" } as const);
		tx.put(keys.line(id), encodeConversationState({ ...state, heard: entry.heard, stop }));
		if (entry.isIn && this.#manifest.scope === "backup")
			tx.put(keys.readmission(id), encodeAsking({ epoch: entry.epoch, asked: 0, nextAt: 0, packages: [] }));
		tx.put(
			keys.summary(id),
			encodeSummary({ v: 1, epoch: entry.epoch, groupId: entry.groupId, members: [], policy: entry.policy }),
		);
		return true;
	}
}

/**
 * Takes away what an import left that was begun and not finished, unless it was of the archive `keep`. Only for a store without an
 * account, which holds nothing else but the ledger.
 */
export async function clearUnfinished(store: Store, keep?: Uint8Array): Promise<void> {
	const row = unwrapStore(await store.get(keys.importing));
	if (row === undefined) return;
	const cursor = parseCbor(cursorShape, row);
	if (keep !== undefined && cursor.ok && equalBytes(cursor.value.id, keep)) return;
	for (const [from, to] of [
		["", keys.ledgerAll],
		[endOfPrefix(keys.ledgerAll), "~"],
	] as const)
		for (;;) {
			const rows = unwrapStore(await store.list({ from, to, limit: 512 }));
			if (rows.length === 0) break;
			const tx = new StoreTransaction(store);
			for (const { key } of rows) tx.delete(key);
			await tx.commit();
		}
}

async function takeRows(tx: StoreTransaction, entry: ArchiveEntry & { readonly type: "rows" }): Promise<boolean> {
	if (!isId(entry.conversation, 16)) return false;
	for (const [at, bytes] of entry.rows.entries()) {
		const row = decodeRow(bytes);
		if (!row.ok) return false;
		await takeRow(tx, entry.conversation, entry.first + at, row.value);
	}
	return true;
}

async function takeRow(tx: StoreTransaction, conversation: string, n: number, row: HistoryRow): Promise<void> {
	const itemKey = keys.item(conversation, row.id);
	const met = await tx.get(itemKey);
	const order = met && utf8ToText(met);
	if (order !== undefined) {
		// It waited when the export began, and counted before it ended.
		const queued = order.ok ? /^q([0-9a-f]{12})$/.exec(order.value) : null;
		if (queued === null) return;
		tx.delete(keys.history(conversation, queued[0]));
		tx.delete(keys.queue(conversation, Number.parseInt(queued[1] as string, 16)));
	}
	let place = orderOfArchived(n, 0);
	for (let index = 1; (await tx.get(keys.history(conversation, place))) !== undefined; index++)
		place = orderOfArchived(n, index);
	tx.put(keys.history(conversation, place), encodeRow(row.kind === "call" ? overCall(row) : row));
	tx.put(itemKey, utf8(place));
}

async function takeQueued(tx: StoreTransaction, entry: ArchiveEntry & { readonly type: "queued" }): Promise<boolean> {
	const { conversation, n } = entry;
	if (!isId(conversation, 16)) return false;
	const [row, queued] = [decodeRow(entry.row), decodeQueued(entry.queued)];
	if (!row.ok || row.value.kind !== "message" || !queued.ok) return false;
	if ((await tx.get(keys.item(conversation, row.value.id))) !== undefined) return true;
	tx.put(keys.queue(conversation, n), encodeQueued(queued.value));
	tx.put(keys.history(conversation, orderOfQueued(n)), encodeRow({ ...row.value, state: "sending" }));
	tx.put(keys.item(conversation, row.value.id), utf8(orderOfQueued(n)));
	return true;
}

/** What becomes part of a key: so many bytes, spelled in the one way. */
function isId(text: string, length: number): boolean {
	const bytes = base64urlToBytes(text, length);
	return bytes.ok && bytes.value.length === length;
}

/** A call that went on when the archive was made is over. */
function overCall<T extends { readonly outcome: string }>(record: T): T {
	return record.outcome === "ongoing" ? { ...record, outcome: "answered" } : record;
}
