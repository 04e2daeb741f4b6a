import { type Bytes, bytesToHex } from "@sotto/bytes";
import {
	audioFrameSize,
	createReceiverKey,
	createSenderKey,
	newParticipantId,
	type ParticipantId,
	readFrameKeyId,
	type ReceiverKey,
	type SenderKey,
} from "@sotto/crypto";
import { audioStream, type StreamIndex } from "./streams.ts";

/** A sender is announced with its counters as they stood this long ago, so that frames under way still count (K4). */
const announcedAgeMs = 5_000;
const streams: readonly StreamIndex[] = [0, 1, 2];

type Senders = ReadonlyMap<StreamIndex, SenderKey>;

type Session = {
	readonly id: number;
	readonly participantId: ParticipantId;
	readonly sealed: [number, number, number];
	/** Counters at past moments, oldest first: only so many as the announcement reaches back. */
	readonly history: { readonly at: number; readonly m: number; readonly counters: readonly number[] }[];
	/**
	 * Made once for each m and never again in this session: a sender key that is made anew counts from 0 again, under the
	 * same key (K3).
	 */
	readonly made: Map<number, Promise<Senders>>;
	senders: Senders | undefined;
	readonly seats: Map<number, string>;
};

/** What a roster entry vouches for: a participant, and the counters below which its frames are refused. */
type Authorized = {
	readonly id: ParticipantId;
	readonly counters: ReadonlyMap<number, readonly number[]>;
	readonly keys: Map<string, Promise<ReceiverKey>>;
};

export type OpenFailure =
	| "noOneSeated"
	| "notAuthorized"
	| "unknownBase"
	| "malformed"
	| "otherKey"
	| "replayed"
	| "doesNotOpen";

/**
 * All frame keys of a call's media: seals what leaves, opens what comes, and answers nothing it was not told to. Lives in the
 * worker; time comes in. K3 and K4.
 */
export class FrameKeys {
	readonly #bases = new Map<number, CryptoKey>();
	readonly #forgotten = new Set<number>();
	readonly #authorized = new Map<string, Authorized>();
	readonly #revoked = new Set<string>();
	#sendingM: number | undefined;
	#session: Session | undefined;
	#sessions = 0;
	readonly #waiting: (() => void)[] = [];

	/** Adds `callBase(m)`; frames sealed under it can be opened from now on. One that was forgotten stays so. */
	addBase(m: number, callBase: CryptoKey): void {
		if (!this.#forgotten.has(m) && !this.#bases.has(m)) this.#bases.set(m, callBase);
	}

	/** Forgets `callBase(m)` and every key that came from it, for good: made anew, their counters and windows would be new. */
	forgetBase(m: number): void {
		this.#forgotten.add(m);
		this.#bases.delete(m);
		for (const { keys } of this.#authorized.values())
			for (const name of keys.keys()) if (name.startsWith(`${m}.`)) keys.delete(name);
		if (this.#sendingM !== m) return;
		this.#sendingM = undefined;
		if (this.#session !== undefined) this.#session.senders = undefined;
	}

	/** Seals under `callBase(m)` from the next frame on. False when that base is not there, or was forgotten. */
	async sendUnder(m: number): Promise<boolean> {
		if (!this.#bases.has(m)) return false;
		// K5: under the one before nothing is sealed any more, not even while the new keys are made.
		if (this.#sendingM !== m && this.#session !== undefined) this.#session.senders = undefined;
		this.#sendingM = m;
		await this.#makeSenders();
		return this.#session?.senders !== undefined;
	}

	/** A new PeerConnection: a fresh participant id, counters from 0 (K3). What was sealed before cannot go on. */
	async begin(): Promise<{ readonly session: number; readonly participantId: ParticipantId }> {
		const id = ++this.#sessions;
		const participantId = newParticipantId();
		// Whoever waited for the session before is told that it is over.
		for (const resolve of this.#waiting.splice(0)) resolve();
		this.#session = {
			id,
			participantId,
			sealed: [0, 0, 0],
			history: [],
			made: new Map(),
			senders: undefined,
			seats: new Map(),
		};
		await this.#makeSenders();
		return { session: id, participantId };
	}

	/** Resolves when the session has keys to seal with. */
	async ready(session: number): Promise<void> {
		while (this.#session?.id === session && this.#session.senders === undefined)
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	async #makeSenders(): Promise<void> {
		const session = this.#session;
		const m = this.#sendingM;
		const base = m === undefined ? undefined : this.#bases.get(m);
		if (session === undefined || m === undefined || base === undefined) return;
		if (!session.made.has(m)) session.made.set(m, makeSenders(base, session.participantId, m));
		const senders = await session.made.get(m);
		// Another base or session may have come meanwhile.
		if (this.#session !== session || this.#sendingM !== m || senders === undefined) return;
		if (session.senders === senders) return;
		session.senders = senders;
		session.history.length = 0;
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	/** Seals a frame, or says nothing and it must not leave: wrong session, no key, too large, counter used up. */
	async seal(session: number, stream: StreamIndex, frame: Uint8Array, clearBytes: number): Promise<Bytes | undefined> {
		const current = this.#session;
		const sender = current?.id === session ? current.senders?.get(stream) : undefined;
		if (current === undefined || sender === undefined) return undefined;
		const sealed = await sender.seal(frame, clearBytes);
		if (!sealed.ok) return undefined;
		current.sealed[stream]++;
		return sealed.value;
	}

	/** Who sits where in this session. */
	seat(session: number, seat: number, participantId: Uint8Array | undefined): void {
		if (this.#session?.id !== session) return;
		if (participantId === undefined) this.#session.seats.delete(seat);
		else this.#session.seats.set(seat, bytesToHex(participantId));
	}

	/**
	 * Frames of this participant may be opened: its roster entry was checked (K4). `counters` are those it announced for
	 * `m`, by stream: frames below them are refused.
	 */
	authorize(participantId: ParticipantId, m: number, counters: readonly number[]): void {
		const name = bytesToHex(participantId);
		if (this.#revoked.has(name)) return;
		const before = this.#authorized.get(name);
		const floors = new Map(before?.counters ?? []);
		const old = floors.get(m);
		floors.set(
			m,
			streams.map((stream) => Math.max(old?.[stream] ?? 0, counters[stream] ?? 0)),
		);
		const keys = before?.keys ?? new Map<string, Promise<ReceiverKey>>();
		this.#authorized.set(name, { id: participantId, counters: floors, keys });
		for (const stream of streams)
			void keys.get(`${m}.${stream}`)?.then((key) => key.refuseBelow(floors.get(m)?.[stream] ?? 0));
	}

	/** Frames of this participant are opened never again: it left, or another took its place (`supersedes`). */
	revoke(participantId: Uint8Array): void {
		this.#revoked.add(bytesToHex(participantId));
		this.#authorized.delete(bytesToHex(participantId));
	}

	/** Opens a frame that came on a seat's stream. */
	async open(
		session: number,
		seat: number,
		stream: StreamIndex,
		frame: Uint8Array,
		clearBytes: number,
	): Promise<{ readonly frame: Bytes } | { readonly failure: OpenFailure }> {
		const name = this.#session?.id === session ? this.#session.seats.get(seat) : undefined;
		if (name === undefined) return { failure: "noOneSeated" };
		const sender = this.#authorized.get(name);
		if (sender === undefined) return { failure: "notAuthorized" };
		const hint = readFrameKeyId(frame, clearBytes);
		if (!hint.ok) return { failure: "malformed" };
		// The hint chooses the base; the stream is the m-line's, whatever the frame says.
		const key = await this.#receiverKey(sender, hint.value.m, stream);
		if (key === undefined) return { failure: "unknownBase" };
		const opened = await key.open(frame, clearBytes);
		return opened.ok ? { frame: opened.value } : { failure: opened.error };
	}

	#receiverKey(sender: Authorized, m: number, stream: StreamIndex): Promise<ReceiverKey> | undefined {
		const name = `${m}.${stream}`;
		const known = sender.keys.get(name);
		if (known !== undefined) return known;
		const base = this.#bases.get(m);
		if (base === undefined) return undefined;
		const options = stream === audioStream ? { paddedSize: audioFrameSize } : {};
		const made = createReceiverKey(base, { participantId: sender.id, stream, seat: 0, m }, options).then((key) => {
			key.refuseBelow(this.#authorized.get(bytesToHex(sender.id))?.counters.get(m)?.[stream] ?? 0);
			return key;
		});
		sender.keys.set(name, made);
		return made;
	}

	/** How many frames were sealed in a session, by stream. */
	sealedFrames(session: number): readonly number[] {
		return this.#session?.id === session ? [...this.#session.sealed] : [0, 0, 0];
	}

	/** To be called about every second: remembers the counters for {@link announcement}. `now` in ms. */
	tick(now: number): void {
		const session = this.#session;
		if (session?.senders === undefined || this.#sendingM === undefined) return;
		const { senders, history } = session;
		history.push({
			at: now,
			m: this.#sendingM,
			counters: streams.map((stream) => senders.get(stream)?.counter() ?? 0),
		});
		while (history.length > 2 && now - (history[1]?.at ?? now) >= announcedAgeMs) history.shift();
	}

	/** What our roster entry says of us now: our id, and our counters as they stood 5 s ago (K4). Undefined without a key. */
	announcement(
		now: number,
	): { readonly participantId: ParticipantId; readonly m: number; readonly counters: readonly number[] } | undefined {
		const session = this.#session;
		if (session?.senders === undefined || this.#sendingM === undefined) return undefined;
		const old = session.history[0];
		const counters = old !== undefined && now - old.at >= announcedAgeMs ? old.counters : [0, 0, 0];
		return { participantId: session.participantId, m: this.#sendingM, counters };
	}
}

async function makeSenders(base: CryptoKey, participantId: ParticipantId, m: number): Promise<Senders> {
	const made = streams.map(async (stream) => {
		const options = stream === audioStream ? { paddedSize: audioFrameSize } : {};
		return [stream, await createSenderKey(base, { participantId, stream, seat: 0, m }, options)] as const;
	});
	return new Map(await Promise.all(made));
}
