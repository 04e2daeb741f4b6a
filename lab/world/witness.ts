import { appendRoute, parseRequest, parseResponse, readRoute, type Tip } from "@sotto/api";
import { type Bytes, bytesToHex, unpad, utf8ToText } from "@sotto/bytes";
import { recordHash } from "@sotto/crypto";
import { parseStatedPosition, type StatedPosition } from "@sotto/protocol";
import { parseAuthenticatedData } from "../../packages/crypto/src/mls/authenticated-data.ts";
import type { Answer } from "./server.ts";
import type { Sealing } from "./synchronous-crypto.ts";

/** An MLS message as it was sealed, known by the tag at its end. */
type Inner = { readonly key: string; readonly stated: StatedPosition | undefined };

/**
 * Sees every sealing of every device and every request on its way, and so knows what no device can: whether a key sealed two
 * different messages that left, which records hold which message, and whether two histories of one log were told.
 */
export class Witness {
	readonly #inner = new Map<string, Inner>();
	/** By the tag of a record: the tag of the MLS message in it. */
	readonly #messages = new Map<string, string>();
	/** By key: the tag of the one message that left under it. */
	readonly #left = new Map<string, string>();
	/** By log and place: the hash of the record, or the head, that was told to stand there. */
	readonly #told = new Map<string, string>();
	/** Logs of which two histories were told. */
	readonly #forked = new Set<string>();
	/** By device: the logs that it was told of. */
	readonly #logs = new Map<string, Set<string>>();
	/** Tags of messages that no honest client sealed. */
	readonly #forged = new Set<string>();
	readonly #fault: (what: string) => void;
	/** MLS messages that left, commits included. */
	messages = 0;

	constructor(fault: (what: string) => void) {
		this.#fault = fault;
	}

	sealed({ key, tag, plaintext, aad }: Sealing): void {
		if (isRecord(aad)) {
			const content = unpad(plaintext);
			if (content.ok) this.#messages.set(tag, bytesToHex(content.value.slice(-16)));
		} else if (isOfMls(aad)) this.#inner.set(tag, { key, stated: statedOf(aad) });
	}

	/** This record holds what an evil member sealed, under whatever key: whoever heals a log may bring it again (L4). */
	forged(record: Bytes): void {
		const message = this.#messages.get(tagOf(record));
		if (message !== undefined) this.#forged.add(message);
	}

	/** A request of an honest device has left it. */
	left(path: string, body: Bytes): void {
		if (path !== appendRoute.path) return;
		const request = parseRequest(appendRoute, body);
		if (!request.ok) return;
		const message = this.#messages.get(tagOf(request.value.record));
		const inner = message === undefined ? undefined : this.#inner.get(message);
		if (message === undefined || inner === undefined || this.#forged.has(message)) return;
		const before = this.#left.get(inner.key);
		if (before === undefined) {
			this.#left.set(inner.key, message);
			this.messages++;
		}
		if (before !== undefined && before !== message) this.#fault("two different messages left under one key");
	}

	/** What the author of a record stated to have seen; undefined for what no device sealed. */
	statedIn(record: Bytes): StatedPosition | undefined {
		const message = this.#messages.get(tagOf(record));
		return message === undefined ? undefined : this.#inner.get(message)?.stated;
	}

	/** Whether the server told two histories of a log that this device uses. */
	wasDeceived(device: string): boolean {
		return [...(this.#logs.get(device) ?? [])].some((log) => this.#forked.has(log));
	}

	/** What the server tells a device of a log. */
	told(device: string, path: string, body: Bytes, answer: Answer): void {
		if (answer.status !== 200) return;
		if (path === appendRoute.path) {
			const [request, response] = [parseRequest(appendRoute, body), parseResponse(appendRoute, answer.body)];
			if (!request.ok || !response.ok || response.value.tip === undefined) return;
			this.#tellTip(device, request.value.logId, response.value.tip);
		}
		if (path === readRoute.path) {
			const [request, response] = [parseRequest(readRoute, body), parseResponse(readRoute, answer.body)];
			if (!request.ok || !response.ok) return;
			const { first, records, tip } = response.value;
			for (const [index, record] of records.entries()) this.#tell(device, request.value.logId, first + index, record);
			this.#tellTip(device, request.value.logId, tip);
		}
	}

	#tell(device: string, logId: Bytes, seq: number, record: Bytes): void {
		const hash = recordHash(record);
		this.#note(device, logId, `record ${seq}`, hash);
		// An honest home has each record once (L2).
		this.#note(device, logId, `place of ${bytesToHex(hash)}`, Uint8Array.of(seq & 0xff, seq >> 8));
	}

	#tellTip(device: string, logId: Bytes, { seq, head }: Tip): void {
		this.#note(device, logId, `head ${seq}`, head);
	}

	#note(device: string, logId: Bytes, what: string, hash: Bytes): void {
		const log = bytesToHex(logId);
		const logs = this.#logs.get(device) ?? new Set();
		this.#logs.set(device, logs.add(log));
		const place = `${log} ${what}`;
		const before = this.#told.get(place);
		if (before === undefined) this.#told.set(place, bytesToHex(hash));
		else if (before !== bytesToHex(hash)) this.#forked.add(log);
	}
}

function isRecord(aad: Bytes): boolean {
	const text = utf8ToText(aad);
	return text.ok && text.value === "sotto record";
}

/** RFC 9420, 6.3: what a message is sealed with begins with the group's id, of 32 bytes. Only there a key is for one message. */
const isOfMls = (aad: Bytes) => aad[0] === 32;

function tagOf(record: Bytes): string {
	return bytesToHex(record.slice(-16));
}

/** What a message's authenticated data states, out of RFC 9420's PrivateContentAAD (6.3.1); undefined for other sealings. */
function statedOf(aad: Bytes): StatedPosition | undefined {
	// A group id of 32 bytes, the epoch, the content's type, then a vector: its length is written in 1, 2 or 4 bytes.
	const rest = isOfMls(aad) ? aad.subarray(1 + 32 + 8 + 1) : undefined;
	if (rest === undefined || rest.length === 0) return undefined;
	const prefix = 2 ** ((rest[0] as number) >> 6);
	const data = parseAuthenticatedData(rest.subarray(prefix));
	if (!data.ok) return undefined;
	const stated = parseStatedPosition(data.value.data);
	return stated.ok ? stated.value : undefined;
}
