import { type Bytes, bytesToHex, equalBytes, Secret, utf8 } from "@sotto/bytes";
import { type AccountKey, hash, type Head, type MessageId, nextHead, type RecordHash } from "@sotto/crypto";
import { decodeConversationState, encodeConversationState } from "./codec.ts";
import { type Judged, stepRead } from "./read.ts";
import { enqueue, nextSend, positionToState, stepAppended } from "./send.ts";
import { type ConversationRules, type ConversationState, type LogRef, secretsOf, startConversation } from "./state.ts";

/** An MLS message without the cryptography: what the real door would find in it. */
type Sealed = {
	readonly mls: RecordHash;
	readonly leaf: number;
	readonly epoch: number;
	readonly generation: number;
	readonly items: readonly string[];
	/** A commit's confirmation tag, and with it the secret of the epoch it begins. */
	readonly tag: Bytes | undefined;
	readonly stated: ReturnType<typeof positionToState>;
};
type Log = { readonly records: { readonly hash: RecordHash; readonly sealed: Sealed }[] };

/** The home: logs that never forget, full at exactly `maxLogRecords`. */
export class ModelHome {
	readonly #logs = new Map<string, Log>();
	readonly #rules: ConversationRules;
	/** Every message sealed under each key: two different ones under one key are the end of secrecy. */
	readonly keys = new Map<string, RecordHash>();

	constructor(rules: ConversationRules) {
		this.#rules = rules;
	}

	log(ref: LogRef): Log {
		const id = bytesToHex(secretsOf(ref).logId);
		const found = this.#logs.get(id) ?? { records: [] };
		this.#logs.set(id, found);
		return found;
	}

	append(ref: LogRef, hash: RecordHash, sealed: Sealed, expectHead: Bytes | undefined) {
		const log = this.log(ref);
		const known = log.records.findIndex((record) => equalBytes(record.hash, hash));
		if (known >= 0) return { kind: "appended" as const, tip: this.#tip(ref, known + 1) };
		if (log.records.length >= this.#rules.maxLogRecords) return { kind: "logFull" as const };
		if (expectHead !== undefined && !equalBytes(expectHead, this.#tip(ref, log.records.length).head))
			return { kind: "headMismatch" as const };
		log.records.push({ hash, sealed });
		return { kind: "appended" as const, tip: this.#tip(ref, log.records.length) };
	}

	#tip(ref: LogRef, seq: number) {
		let head: Bytes = secretsOf(ref).logId;
		for (const [index, record] of this.log(ref).records.slice(0, seq).entries())
			head = nextHead(head as Head, index + 1, record.hash);
		return { seq, head };
	}
}

type Group = { readonly epoch: number; readonly secret: Bytes; readonly generations: readonly number[] };

/** One device that follows the rules; its state is what a store would hold after each step. */
export class ModelDevice {
	readonly #home: ModelHome;
	readonly #rules: ConversationRules;
	readonly leaf: number;
	state: ConversationState;
	group: Group;
	queue: string[] = [];
	outboxMessage: Sealed | undefined;
	/** Everything that counted, in order. */
	readonly counted: string[] = [];
	hasReadToTip = false;
	#nonce = 0;

	constructor(home: ModelHome, rules: ConversationRules, leaf: number, members: number) {
		this.#home = home;
		this.#rules = rules;
		this.leaf = leaf;
		const secret = hash("first epoch");
		this.group = { epoch: 1, secret, generations: Array.from({ length: members }, () => 0) };
		const logSeed = seedOf(secret);
		this.state = startConversation({ groupId: secret, leaf, epoch: 1, logSeed, ordinal: 0, joined: leaf > 0 });
	}

	/** Dies and comes back with what was stored: exactly its state, through the codec. */
	restart(): void {
		const decoded = decodeConversationState(encodeConversationState(this.state));
		if (!decoded.ok) throw new Error("the state survives its encoding");
		this.state = decoded.value;
		this.hasReadToTip = false;
	}

	/** Reads up to `limit` records; whether it reached the tip. */
	read(limit: number): void {
		for (let i = 0; i < limit; i++) {
			const record = this.#home.log(this.state.log).records[this.state.at.seq];
			if (record === undefined) {
				this.hasReadToTip = true;
				return;
			}
			this.#take(record);
		}
	}

	/** One step of sending. `answer` says what becomes of an append: it arrives, its answer is lost, or it is lost. */
	send(answer: "arrives" | "unanswered" | "lost"): void {
		const needs = { hasReadToTip: this.hasReadToTip, hasQueuedItems: this.queue.length > 0, hasDueWishes: false };
		const action = nextSend(this.state, needs, this.#rules);
		switch (action.kind) {
			case "nothing":
				return;
			case "sealCommit":
			case "sealWishes":
				return this.#seal([], hash("tag", utf8(`${this.leaf} ${this.group.epoch} ${this.#nonce++}`)));
			case "sealMessage":
				return this.#seal(this.queue.slice(0, 2), undefined);
			case "resealRecord":
				return this.#enqueue(this.outboxMessage as Sealed);
			case "append": {
				const { outbox, log } = this.state;
				if (outbox === undefined || answer === "lost") return;
				const reply = this.#home.append(log, outbox.dedupeId, this.outboxMessage as Sealed, action.expectHead);
				if (answer === "unanswered") return;
				const step = stepAppended(this.state, reply);
				this.state = step.state;
				if (step.effect.kind === "readOwn") this.read(1);
				else this.read(Number.POSITIVE_INFINITY);
			}
		}
	}

	#seal(items: readonly string[], tag: Bytes | undefined): void {
		const { epoch, generations } = this.group;
		const generation = tag === undefined ? (generations[this.leaf] as number) : -1;
		const mls = hash("mls", utf8(`${this.leaf} ${epoch} ${this.#nonce++}`)) as RecordHash;
		const key = `${bytesToHex(this.group.secret)} ${this.leaf} ${generation}`;
		const before = this.#home.keys.get(key);
		if (before !== undefined) throw new Error("two messages were sealed under one key");
		this.#home.keys.set(key, mls);
		this.#enqueue({ mls, leaf: this.leaf, epoch, generation, items, tag, stated: positionToState(this.state) });
	}

	#enqueue(sealed: Sealed): void {
		this.outboxMessage = sealed;
		this.state = enqueue(this.state, {
			what: sealed.tag === undefined ? "message" : "commit",
			epoch: sealed.epoch,
			ordinal: this.state.log.ordinal,
			dedupeId: hash("record", sealed.mls, secretsOf(this.state.log).logId) as RecordHash,
			mlsHash: sealed.mls,
			items: sealed.items.map((item) => hash("id", utf8(item)).slice(0, 16) as MessageId),
			urgency: "message",
			confirmationTag: sealed.tag,
			tries: 0,
			refused: undefined,
		});
	}

	#take(record: { readonly hash: RecordHash; readonly sealed: Sealed }): void {
		const { sealed } = record;
		const judged = this.#judge(sealed);
		const { state, effects } = stepRead(this.state, { hash: record.hash, judged }, 0, this.#rules);
		this.state = state;
		if (effects.some(({ kind }) => kind === "alarmed")) throw new Error("an alarm without a fork");
		if (state.stop !== undefined) throw new Error(`stopped: ${state.stop.kind}`);
		if (judged.kind === "void") return;
		if (sealed.tag !== undefined) {
			const secret = hash("epoch", this.group.secret, sealed.tag);
			this.group = { epoch: sealed.epoch + 1, secret, generations: this.group.generations.map(() => 0) };
			return;
		}
		const generations = this.group.generations.with(sealed.leaf, sealed.generation + 1);
		this.group = { ...this.group, generations };
		for (const item of sealed.items) if (!this.counted.includes(item)) this.counted.push(item);
		this.queue = this.queue.filter((item) => !sealed.items.includes(item));
	}

	/** What the door decides (C2): epoch in force, next generation. */
	#judge(sealed: Sealed): Judged {
		const isNext = sealed.tag !== undefined || sealed.generation === this.group.generations[sealed.leaf];
		if (sealed.epoch !== this.group.epoch || !isNext) return { kind: "void" };
		// What found its log full names the end of a log before the last: that is another one's end (L3).
		const { previous } = this.state;
		const isPrevious = previous !== undefined && sealed.stated.closing?.seq === previous.at.seq;
		const isHere = isPrevious && sealed.stated.index === this.state.log.index;
		const about = {
			leaf: sealed.leaf,
			account: new Uint8Array(32).fill(sealed.leaf) as AccountKey,
			isOwnAccount: sealed.leaf === this.leaf,
			mlsHash: sealed.mls,
			stated: {
				position: sealed.stated,
				ours: this.#headAt(sealed),
				oursAtClosing: isHere ? previous.at.head : undefined,
			},
		};
		if (sealed.tag === undefined) return { kind: "message", ...about };
		const outcome = sealed.leaf === this.leaf ? ("own" as const) : ("advanced" as const);
		const seedAfter = seedOf(hash("epoch", this.group.secret, sealed.tag));
		return { kind: "commit", ...about, confirmationTag: sealed.tag, outcome, membership: false, seedAfter };
	}

	#headAt({ stated }: Sealed): Bytes | undefined {
		if (stated.index !== this.state.log.index) return undefined;
		let head: Bytes = secretsOf(this.state.log).logId;
		for (const [index, record] of this.#home.log(this.state.log).records.slice(0, stated.at.seq).entries())
			head = nextHead(head as Head, index + 1, record.hash);
		return stated.at.seq <= this.state.at.seq ? head : undefined;
	}
}

function seedOf(secret: Bytes): Secret {
	return new Secret(hash("seed", secret));
}
