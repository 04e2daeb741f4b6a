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
import { audioStream, type Place, type StreamIndex } from "./streams.ts";

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
	/** Who occupies which place of the downlink. */
	readonly places: Map<Place, string>;
	/** Those who wait for `senders`. */
	readonly waiting: (() => void)[];
};

/** What a roster entry vouches for: a participant, and the counters below which its frames are refused. */
type Authorized = {
	readonly id: ParticipantId;
	readonly counters: ReadonlyMap<number, readonly number[]>;
	readonly keys: Map<string, Promise<ReceiverKey>>;
};

export type Opened =
	| { readonly frame: Bytes }
	/** `m`: whose base is missing. */
	| { readonly failure: OpenFailure; readonly m?: number };

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
	/** One in each room that this device is in: two of them while it hands over from one to the next (K5). */
	readonly #sessions = new Map<number, Session>();
	#sendingM: number | undefined;
	#isHeld = false;
	#begun = 0;

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
		for (const session of this.#sessions.values()) session.senders = undefined;
	}

	/** Seals nothing while held: the others have gone on to keys that this device cannot get (K5). */
	hold(isHeld: boolean): void {
		this.#isHeld = isHeld;
	}

	/** The highest m that frames can be opened under; -1 before the first. */
	newestM(): number {
		return Math.max(-1, ...this.#bases.keys());
	}

	/** Seals under `callBase(m)` from the next frame on. False when that base is not there, or was forgotten. */
	async sendUnder(m: number): Promise<boolean> {
		if (!this.#bases.has(m)) return false;
		// K5: under the one before nothing is sealed any more, not even while the new keys are made.
		if (this.#sendingM !== m) for (const session of this.#sessions.values()) session.senders = undefined;
		this.#sendingM = m;
		await Promise.all([...this.#sessions.values()].map((session) => this.#makeSenders(session)));
		return [...this.#sessions.values()].every(({ senders }) => senders !== undefined);
	}

	/** A new PeerConnection: a fresh participant id, counters from 0 (K3). */
	async begin(): Promise<{ readonly session: number; readonly participantId: ParticipantId }> {
		const id = ++this.#begun;
		const participantId = newParticipantId();
		const session: Session = {
			id,
			participantId,
			sealed: [0, 0, 0],
			history: [],
			made: new Map(),
			senders: undefined,
			places: new Map(),
			waiting: [],
		};
		this.#sessions.set(id, session);
		await this.#makeSenders(session);
		return { session: id, participantId };
	}

	/** The PeerConnection is closed: nothing is sealed or opened in this session any more. */
	end(session: number): void {
		const over = this.#sessions.get(session);
		this.#sessions.delete(session);
		// Whoever waited for a key is told that there will be none.
		for (const resolve of over?.waiting.splice(0) ?? []) resolve();
	}

	/** Resolves when the session has keys to seal with. */
	async ready(session: number): Promise<void> {
		for (let current = this.#sessions.get(session); current !== undefined && current.senders === undefined; ) {
			const { waiting } = current;
			await new Promise<void>((resolve) => waiting.push(resolve));
			current = this.#sessions.get(session);
		}
	}

	async #makeSenders(session: Session): Promise<void> {
		const m = this.#sendingM;
		const base = m === undefined ? undefined : this.#bases.get(m);
		if (m === undefined || base === undefined) return;
		if (!session.made.has(m)) session.made.set(m, makeSenders(base, session.participantId, m));
		const senders = await session.made.get(m);
		// Another base may have come meanwhile, or the end.
		if (this.#sessions.get(session.id) !== session || this.#sendingM !== m || senders === undefined) return;
		if (session.senders === senders) return;
		session.senders = senders;
		session.history.length = 0;
		for (const resolve of session.waiting.splice(0)) resolve();
	}

	/** Seals a frame, or says nothing and it must not leave: session over, no key, held, too large, counter used up. */
	async seal(session: number, stream: StreamIndex, frame: Uint8Array, clearBytes: number): Promise<Bytes | undefined> {
		const current = this.#sessions.get(session);
		const sender = current?.senders?.get(stream);
		if (current === undefined || sender === undefined || this.#isHeld) return undefined;
		const sealed = await sender.seal(frame, clearBytes);
		if (!sealed.ok) return undefined;
		current.sealed[stream]++;
		return sealed.value;
	}

	/** Who is where in this session. */
	seat(session: number, place: Place, participantId: Uint8Array | undefined): void {
		const places = this.#sessions.get(session)?.places;
		if (participantId === undefined) places?.delete(place);
		else places?.set(place, bytesToHex(participantId));
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

	/** Opens a frame that came on a place's stream. */
	async open(
		session: number,
		place: Place,
		stream: StreamIndex,
		frame: Uint8Array,
		clearBytes: number,
	): Promise<Opened> {
		const name = this.#sessions.get(session)?.places.get(place);
		if (name === undefined) return { failure: "noOneSeated" };
		const sender = this.#authorized.get(name);
		if (sender === undefined) return { failure: "notAuthorized" };
		const hint = readFrameKeyId(frame, clearBytes);
		if (!hint.ok) return { failure: "malformed" };
		// The hint chooses the base; the stream is the m-line's, whatever the frame says.
		const key = await this.#receiverKey(sender, hint.value.m, stream);
		if (key === undefined) return { failure: "unknownBase", m: hint.value.m };
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
		return [...(this.#sessions.get(session)?.sealed ?? [0, 0, 0])];
	}

	/** To be called about every second: remembers the counters for {@link announcement}. `now` in ms. */
	tick(now: number): void {
		for (const session of this.#sessions.values()) this.#tick(session, now);
	}

	#tick({ senders, history }: Session, now: number): void {
		if (senders === undefined || this.#sendingM === undefined) return;
		history.push({
			at: now,
			m: this.#sendingM,
			counters: streams.map((stream) => senders.get(stream)?.counter() ?? 0),
		});
		while (history.length > 2 && now - (history[1]?.at ?? now) >= announcedAgeMs) history.shift();
	}

	/** What our roster entry says of us there: our id, and our counters as they stood 5 s ago (K4). Undefined without a key. */
	announcement(
		id: number,
		now: number,
	): { readonly participantId: ParticipantId; readonly m: number; readonly counters: readonly number[] } | undefined {
		const session = this.#sessions.get(id);
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
