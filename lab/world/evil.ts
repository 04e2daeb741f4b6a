import { appendRoute, parseRequest, parseResponse, readRoute, type ResponseOf } from "@sotto/api";
import { type Bytes, bytesToHex, type CborValue, encodeCbor } from "@sotto/bytes";
import { type Head, nextHead, recordHash } from "@sotto/crypto";
import type { EvilAct } from "./plan.ts";
import type { Answer, WorldServer } from "./server.ts";
import type { VirtualTime } from "./virtual-time.ts";

type Trick = { readonly act: EvilAct; readonly until: number; readonly tips: Map<string, number>; times: number };
type ReadAnswer = ResponseOf<typeof readRoute>;

/** The server in its evil mode: what it tells whom instead of the truth, and what it writes that nobody sent. */
export class Evil {
	readonly #server: WorldServer;
	readonly #time: VirtualTime;
	readonly #chance: () => number;
	readonly #deviceNames: readonly string[];
	#tricks = new Map<string, Trick>();
	#isForked = false;
	acts = 0;

	constructor(parts: { server: WorldServer; time: VirtualTime; chance: () => number; devices: readonly string[] }) {
		this.#server = parts.server;
		this.#time = parts.time;
		this.#chance = parts.chance;
		this.#deviceNames = parts.devices;
	}

	begin(act: EvilAct): void {
		switch (act.do) {
			case "replay":
				return this.#replay(act.garbage);
			case "fork":
				return this.#fork(act.parity);
			case "cross":
				return this.#cross();
			case "withhold":
			case "swap":
			case "substitute":
			case "swallow": {
				const name = this.#deviceNames[act.who % this.#deviceNames.length] as string;
				const until = this.#time.now + ("forMs" in act ? act.forMs : 60_000);
				this.#tricks.set(name, { act, until, tips: new Map(), times: "times" in act ? act.times : 1 });
			}
		}
	}

	/** From now on there is one history, the first, and it is told to everybody. */
	end(): void {
		this.#tricks.clear();
		this.#server.branchOf.clear();
	}

	/** What the device is told in the place of `answer`. */
	answered(device: string, path: string, body: Bytes, answer: Answer): Answer {
		const trick = this.#tricks.get(device);
		if (trick === undefined || this.#time.now > trick.until || answer.status !== 200 || path !== readRoute.path)
			return answer;
		const [request, read] = [parseRequest(readRoute, body), parseResponse(readRoute, answer.body)];
		if (!request.ok || !read.ok) return answer;
		const log = bytesToHex(request.value.logId);
		const lie = this.#lie(trick, log, request.value.after, read.value);
		if (lie === undefined) return answer;
		this.acts++;
		return { status: 200, body: encodeCbor(lie as unknown as CborValue) };
	}

	/** Whether a record that a device appends is dropped; it is told that it stands at the tip. */
	swallows(device: string, path: string, body: Bytes): Answer | undefined {
		const trick = this.#tricks.get(device);
		if (trick?.act.do !== "swallow" || trick.times <= 0 || path !== appendRoute.path) return undefined;
		const request = parseRequest(appendRoute, body);
		if (!request.ok || request.value.readCap === undefined) return undefined;
		const { logId, record } = request.value;
		const tip = this.#server.store(this.#server.branchOf.get(device)).disk.logs.get(keyOf(logId))?.tip;
		if (tip === undefined) return undefined;
		trick.times--;
		this.acts++;
		const next = { seq: tip.seq + 1, head: nextHead(tip.head as Head, tip.seq + 1, recordHash(record)) };
		return { status: 200, body: encodeCbor({ tip: next }) };
	}

	#lie({ act, tips }: Trick, log: string, after: number, read: ReadAnswer): ReadAnswer | undefined {
		const { first, records, tip } = read;
		switch (act.do) {
			case "withhold": {
				// It never heard of more than it was told before: a device that is further is shown as a server that lost something.
				const known = tips.get(log) ?? after;
				tips.set(log, known);
				if (tip.seq <= known) return undefined;
				const kept = records.slice(0, Math.max(0, known + 1 - first));
				const head = this.#headAt(log, known);
				return head === undefined ? undefined : { first, records: kept, tip: { seq: known, head } };
			}
			case "swap": {
				if (records.length < 2) return undefined;
				const place = Math.floor(this.#chance() * (records.length - 1));
				const [one, other] = [records[place] as Bytes, records[place + 1] as Bytes];
				return { first, tip, records: records.with(place, other).with(place + 1, one) };
			}
			case "substitute": {
				if (records.length === 0) return undefined;
				return { first, tip, records: records.with(Math.floor(this.#chance() * records.length), this.#garbage()) };
			}
			case "swallow":
			case "replay":
			case "fork":
			case "cross":
				return undefined;
		}
	}

	#headAt(log: string, seq: number): Bytes | undefined {
		const id = keyOf(Uint8Array.from(Buffer.from(log, "hex")));
		const held = this.#server.store().disk.logs.get(id);
		if (held === undefined) return undefined;
		if (seq === 0) return Uint8Array.from(Buffer.from(log, "hex"));
		return [...held.appends.values()].find((tip) => tip.seq === seq)?.head;
	}

	#garbage(): Bytes {
		return Uint8Array.from({ length: 2048 }, () => Math.floor(this.#chance() * 256));
	}

	/** At the end of every log that has something: an old record once more, or bytes that nobody sealed. */
	#replay(garbage: boolean): void {
		const store = this.#server.store();
		for (const [id, log] of store.disk.logs) {
			if (log.tip.seq === 0 || this.#chance() < 0.3) continue;
			const old = log.records.get(1 + Math.floor(this.#chance() * log.tip.seq))?.record;
			if (old !== undefined && store.force(id, garbage ? this.#garbage() : old)) this.acts++;
		}
	}

	#fork(parity: number): void {
		if (this.#isForked) return;
		this.#isForked = true;
		this.acts++;
		this.#server.fork("other");
		for (const [index, name] of this.#deviceNames.entries())
			if (index % 2 === parity) this.#server.branchOf.set(name, "other");
	}

	/** What was written in one history since the fork, written behind the other's tip. */
	#cross(): void {
		if (!this.#isForked) return;
		const [from, to] = this.#chance() < 0.5 ? ["other", ""] : ["", "other"];
		const target = this.#server.store(to);
		for (const [id, log] of this.#server.store(from).disk.logs)
			for (const { record } of log.records.values()) if (target.forceNew(id, record)) this.acts++;
	}
}

function keyOf(id: Bytes): string {
	return Buffer.from(id.buffer, id.byteOffset, id.length).toString("latin1");
}
