import { type Bytes, bytesToHex, copyBytes, Secret } from "@sotto/bytes";
import type { PersonView } from "@sotto/client";
import { importCallBase, type ParticipantId } from "@sotto/crypto";
import { FrameKeys } from "../../media/frame-keys.ts";
import {
	type PeerLoss,
	type RejoinEffect,
	type RejoinState,
	type RejoinStep,
	startJoining,
	stepRejoin,
} from "../../media/rejoin.ts";
import { Roster, rosterPaceMs, type Signs } from "../../media/roster.ts";
import { OwnSigns } from "../../media/signs.ts";
import { audioStream } from "../../media/streams.ts";
import type { Line, LineSums } from "./line.ts";
import { Lines } from "./lines.ts";
import type { HeardFrame } from "./line-messages.ts";
import type { CallMediaOptions, CallMediaSession, MediaState, Speaker } from "./media-session.ts";
import { accessOf, openPeer, type Peer, type RoomAccess } from "./room-peer.ts";
import { Sending } from "./sending.ts";

/** Joins a call's room from Node and stays in it, through lost networks and restarted servers, until `leave`. docs/spec/media.md. */
export function joinCallMedia(options: CallMediaOptions): CallMediaSession {
	return new Session(options);
}

const heardForMs = 2_000;
const gatherMs = 60;
/** How long frames under keys that were replaced are still opened (K5). */
const oldKeysMs = 2_000;

type Joined = {
	readonly peer: Peer;
	readonly line: Line;
	readonly roomKey: string;
	readonly session: number;
	readonly participantId: Bytes;
	/** Our id in the joining before this one, which this one takes the place of (K4). */
	readonly supersedes: Bytes | undefined;
	readonly seats: Map<number, Bytes>;
	readonly heardAt: Map<number, number>;
	/** Who was told as being there, by seat. */
	readonly told: Map<number, Speaker>;
};

class Session implements CallMediaSession {
	readonly #options: CallMediaOptions;
	readonly #keys = new FrameKeys();
	readonly #signs = new OwnSigns();
	readonly #ownSigns: Signs;
	readonly #roster = new Roster<{ readonly person: PersonView; readonly leaf: number }>();
	readonly #timers: ReturnType<typeof setInterval>[];
	readonly #sending: Sending;
	readonly #lines = new Lines();
	#rejoin: RejoinState;
	#joined: Joined | undefined;
	#joinings = 0;
	#lastOwnId: Bytes | undefined;
	#lastLoss: PeerLoss | undefined;
	#roomKey = "";
	#knownM: number | undefined;
	readonly #later = new Set<ReturnType<typeof setTimeout>>();
	#rosterSoon: ReturnType<typeof setTimeout> | undefined;
	#wake: ReturnType<typeof setTimeout> | undefined;
	#past: LineSums = { packets: 0, bytes: 0 };
	#opening: Promise<void> = Promise.resolve();

	constructor(options: CallMediaOptions) {
		this.#options = options;
		const camera = options.source.pictures !== undefined;
		this.#ownSigns = { muted: false, handRaisedAt: undefined, camera, screen: false };
		this.#sending = new Sending(options.source, this.#keys, options.events.onPlayed);
		this.#timers = [
			setInterval(() => this.#keys.tick(performance.now()), 1_000),
			setInterval(() => void this.#sendRoster(), rosterPaceMs),
		];
		this.#rejoin = startJoining(performance.now()).state;
		// A joining has its time once there is a line to join with.
		void this.#lines.started().then(() => {
			if (this.#rejoin.phase !== "ended") this.#take(startJoining(performance.now()));
		});
	}

	state(): MediaState {
		switch (this.#rejoin.phase) {
			case "connected":
				return { phase: "connected" };
			case "ended":
				return { phase: "ended", reason: this.#rejoin.reason };
			case "joining":
				return { phase: this.#rejoin.brokenSince === undefined ? "joining" : "reconnecting" };
			case "waiting":
				return { phase: "reconnecting" };
		}
	}

	heardCount(): number {
		const since = performance.now() - heardForMs;
		return [...(this.#joined?.heardAt.values() ?? [])].filter((at) => at > since).length;
	}

	lastLoss(): PeerLoss | undefined {
		return this.#lastLoss;
	}

	sums(): LineSums {
		const now = this.#joined?.peer.sums();
		return { packets: this.#past.packets + (now?.packets ?? 0), bytes: this.#past.bytes + (now?.bytes ?? 0) };
	}

	async refresh(): Promise<void> {
		const before = this.#roomKey;
		await this.#fetchMedia();
		if (this.#roomKey !== before) this.#step({ kind: "changed" });
	}

	async leave(): Promise<void> {
		this.#sending.pause();
		await this.#joined?.peer.close();
		await this.#opening;
		if (this.#rejoin.phase !== "ended") this.#step({ kind: "leave" });
	}

	/** Room and keys as they are now; the keys go to where frames are sealed. */
	async #fetchMedia(): Promise<RoomAccess | undefined> {
		const answer = await this.#options.engine.callMedia(this.#options.call);
		if (!answer.ok) return undefined;
		const media = answer.value;
		for (const { m, callBase } of media.callBases) {
			this.#keys.addBase(m, await importCallBase(new Secret(callBase)));
			callBase.fill(0);
			if (m === media.m) await this.#keys.sendUnder(m);
		}
		this.#forgetOld(media.m);
		this.#roomKey = bytesToHex(media.joinPublicKey);
		return accessOf(media);
	}

	#forgetOld(m: number): void {
		const old = this.#knownM;
		this.#knownM = m;
		if (old === undefined || old >= m) return;
		const forget = () => {
			for (let gone = old; gone < m; gone++) this.#keys.forgetBase(gone);
		};
		this.#later.add(setTimeout(forget, oldKeysMs));
	}

	#step(input: Parameters<typeof stepRejoin>[1]): void {
		this.#take(stepRejoin(this.#rejoin, input, performance.now(), Math.random()));
	}

	#take({ state, effects }: RejoinStep): void {
		const before = this.state();
		this.#rejoin = state;
		for (const effect of effects) this.#do(effect);
		const now = this.state();
		if (now.phase === "ended" && before.phase !== "ended") this.#end();
		if (now.phase !== before.phase) this.#options.events.onState(now);
	}

	#do(effect: RejoinEffect): void {
		switch (effect.kind) {
			case "join":
				return void this.#join();
			case "close":
				return this.#closePeer();
			case "wakeAt":
				clearTimeout(this.#wake);
				this.#wake = setTimeout(() => this.#step({ kind: "wake" }), Math.max(0, effect.at - performance.now()));
		}
	}

	#end(): void {
		this.#lines.close();
		clearTimeout(this.#wake);
		for (const timer of this.#timers) clearInterval(timer);
		for (const timer of this.#later) clearTimeout(timer);
		clearTimeout(this.#rosterSoon);
		this.#sending.stop();
	}

	#closePeer(): void {
		const joined = this.#joined;
		this.#joinings++;
		this.#joined = undefined;
		this.#sending.pause();
		if (joined === undefined) return;
		this.#lastOwnId = joined.participantId;
		this.#keys.end(joined.session);
		const { packets, bytes } = joined.peer.sums();
		this.#past = { packets: this.#past.packets + packets, bytes: this.#past.bytes + bytes };
		if (!joined.peer.isUnused()) return void joined.peer.close();
		joined.peer.giveUp();
		this.#lines.giveBack(joined.line, joined.roomKey);
	}

	async #join(): Promise<void> {
		this.#closePeer();
		const joining = this.#joinings;
		const isOld = () => this.#joinings !== joining;
		const access = await this.#fetchMedia().catch(() => undefined);
		if (isOld()) return;
		const lost = (loss: PeerLoss) => {
			this.#lastLoss = loss;
			this.#step({ kind: "lost", loss });
		};
		if (access === undefined) return lost({ kind: "unreachable" });
		const { session, participantId } = await this.#keys.begin();
		if (isOld()) return this.#keys.end(session);
		const line = this.#lines.take(this.#roomKey);
		const peer = openPeer(line, access, participantId, {
			onConnected: () => {
				if (!isOld()) this.#connected();
			},
			onSeat: (seat, id) => {
				if (!isOld()) this.#seated(seat, id);
			},
			onRoster: (frame) => {
				if (!isOld()) void this.#rosterArrived(frame);
			},
			onSent: (frames) => {
				if (!isOld()) this.#sending.left(frames);
			},
			onHeard: (frames) => {
				if (!isOld()) this.#heard(frames);
			},
			onLost: (loss) => {
				if (!isOld()) lost(loss);
			},
		});
		const supersedes = this.#lastOwnId;
		const roomKey = this.#roomKey;
		this.#joined = {
			peer,
			line,
			roomKey,
			session,
			participantId,
			supersedes,
			seats: new Map(),
			heardAt: new Map(),
			told: new Map(),
		};
	}

	#connected(): void {
		const joined = this.#joined;
		if (joined === undefined) return;
		this.#step({ kind: "connected" });
		this.#lines.prepare();
		this.#sending.begin(joined.session, joined.peer.say);
		void this.#sendRoster();
	}

	#seated(seat: number, participantId: Bytes | undefined): void {
		const joined = this.#joined;
		if (joined === undefined) return;
		this.#keys.seat(joined.session, seat, participantId);
		const gone = joined.told.get(seat);
		joined.told.delete(seat);
		joined.heardAt.delete(seat);
		if (participantId === undefined) joined.seats.delete(seat);
		else joined.seats.set(seat, participantId);
		if (gone !== undefined) this.#options.events.onWent(gone);
		// K4: to each newcomer at once.
		if (participantId !== undefined) this.#sendRosterSoon();
		this.#tellWhoIsThere(joined);
	}

	/** Several newcomers at once make one entry. */
	#sendRosterSoon(): void {
		clearTimeout(this.#rosterSoon);
		this.#rosterSoon = setTimeout(() => void this.#sendRoster(), gatherMs);
	}

	async #sendRoster(): Promise<void> {
		const joined = this.#joined;
		if (joined === undefined || this.#rejoin.phase !== "connected" || joined.seats.size === 0) return;
		const announcement = this.#keys.announcement(joined.session, performance.now());
		if (announcement === undefined) return;
		const entry = {
			...announcement,
			...this.#signs.next(this.#ownSigns, Date.now()),
			supersedes: joined.supersedes,
			seen: [...joined.seats.values()],
		};
		const sealed = await this.#options.engine.sealRoster(this.#options.call, entry);
		if (sealed.ok && this.#joined === joined) joined.peer.say({ type: "roster", frame: sealed.value });
	}

	async #rosterArrived(frame: Bytes): Promise<void> {
		const opened = await this.#options.engine.openRoster(this.#options.call, copyBytes(frame));
		const joined = this.#joined;
		if (!opened.ok || joined === undefined) return;
		const { person, leaf, ...entry } = opened.value;
		const verdict = this.#roster.judge({ ...entry, leaf, person: { person, leaf } }, joined.participantId);
		if (verdict.kind === "refuse") return;
		for (const { id, graceMs } of verdict.revoke) this.#revoke(id, graceMs);
		this.#keys.authorize(entry.participantId as ParticipantId, entry.m, entry.counters);
		this.#tellWhoIsThere(joined);
	}

	#revoke(id: Bytes, graceMs: number): void {
		const revoke = () => {
			this.#roster.forget(id);
			this.#keys.revoke(id);
		};
		if (graceMs === 0) revoke();
		else this.#later.add(setTimeout(revoke, graceMs));
	}

	#tellWhoIsThere({ seats, told }: Joined): void {
		for (const [seat, id] of seats) {
			const known = this.#roster.personOf(id);
			if (known === undefined || told.has(seat)) continue;
			const speaker = { ...known, participantId: bytesToHex(id) };
			told.set(seat, speaker);
			this.#options.events.onCame(speaker);
		}
	}

	/** One after the other: WebCrypto answers in any order, and what is heard has one. */
	#heard(frames: readonly HeardFrame[]): void {
		const joined = this.#joined;
		const at = performance.now();
		if (joined === undefined) return;
		this.#opening = this.#opening.then(async () => {
			for (const { seat, sequence, timestamp, frame } of frames) {
				// Who sits there now, not when the frame is open: a seat may change hands meanwhile.
				const speaker = joined.told.get(seat);
				const opened = await this.#keys.open(joined.session, seat, audioStream, frame, 0);
				if (!("frame" in opened) || speaker === undefined || joined.told.get(seat) !== speaker) continue;
				joined.heardAt.set(seat, at);
				this.#sending.somebodyHears();
				const sound = { stream: speaker.participantId, sequence, timestamp, frame: opened.frame, at };
				this.#options.events.onSound(speaker, sound);
			}
		});
	}
}
