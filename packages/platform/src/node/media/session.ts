import { type Bytes, bytesToHex, copyBytes } from "@sotto/bytes";
import type { ParticipantId } from "@sotto/crypto";
import { Ahead } from "../../media/ahead.ts";
import { CallBases } from "../../media/call-bases.ts";
import { Follower } from "../../media/follower.ts";
import { FrameKeys } from "../../media/frame-keys.ts";
import {
	type PeerLoss,
	type RejoinEffect,
	type RejoinState,
	type RejoinStep,
	startJoining,
	stepRejoin,
} from "../../media/rejoin.ts";
import { Rooms } from "../../media/rooms.ts";
import { Roster, rosterPaceMs } from "../../media/roster.ts";
import { RosterSender } from "../../media/roster-sender.ts";
import { OwnSigns } from "../../media/signs.ts";
import { Hearing } from "./hearing.ts";
import { type Begun, Joining } from "./joining.ts";
import type { LineSums } from "./line.ts";
import { Lines } from "./lines.ts";
import type { CallMediaOptions, CallMediaSession, MediaState } from "./media-session.ts";
import { type Device, Presence } from "./presence.ts";
import { accessOf, type RoomAccess } from "./room-peer.ts";
import { Sending } from "./sending.ts";

/** Joins a call's room from Node and stays in it, through lost networks and restarted servers, until `leave`. docs/spec/media.md. */
export function joinCallMedia(options: CallMediaOptions): CallMediaSession {
	return new Session(options);
}

const heardForMs = 2_000;
const lookMs = 333;

class Session implements CallMediaSession {
	readonly #options: CallMediaOptions;
	readonly #keys = new FrameKeys();
	readonly #bases: CallBases;
	readonly #hearing: Hearing;
	readonly #follower: Follower;
	readonly #roster = new Roster<Device>();
	readonly #rosterSender: RosterSender;
	readonly #presence: Presence;
	readonly #rooms: Rooms<Joining>;
	readonly #lines = new Lines();
	readonly #sending: Sending;
	readonly #timers: ReturnType<typeof setInterval>[];
	readonly #later = new Set<ReturnType<typeof setTimeout>>();
	#rejoin: RejoinState;
	#joinings = 0;
	#roomKey = "";
	#lastOwnId: Bytes | undefined;
	#lastLoss: PeerLoss | undefined;
	#wake: ReturnType<typeof setTimeout> | undefined;
	#past: LineSums = { packets: 0, bytes: 0 };

	constructor(options: CallMediaOptions) {
		this.#options = options;
		const keys = this.#keys;
		this.#bases = new CallBases({
			addBase(m, callBase, send) {
				keys.addBase(m, callBase);
				if (send) void keys.sendUnder(m);
			},
			forgetBase: (m) => keys.forgetBase(m),
		});
		this.#follower = new Follower(
			(isHeld) => keys.hold(isHeld),
			() => this.#catchUp(),
		);
		this.#rooms = new Rooms((joining) => this.#closed(joining));
		this.#presence = new Presence(options.events);
		this.#rosterSender = this.#makeRosterSender();
		this.#sending = new Sending(options.source, keys, options.events.onPlayed);
		this.#hearing = this.#makeHearing();
		this.#timers = [
			setInterval(() => keys.tick(performance.now()), 1_000),
			setInterval(() => this.#look(), lookMs),
			setInterval(() => this.#sendRosters(), rosterPaceMs),
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
		const heard = this.#rooms
			.all()
			.flatMap((joining) => [...joining.seats.values()].filter((id) => joining.isHeardSince(bytesToHex(id), since)));
		return new Set(heard.map((id) => this.#roster.leafOf(id))).size;
	}

	isOutOfStep(): boolean {
		return this.#follower.isOutOfStep;
	}

	lastLoss(): PeerLoss | undefined {
		return this.#lastLoss;
	}

	sums(): LineSums {
		const open = this.#rooms.all().map(({ peer }) => peer.sums());
		return [this.#past, ...open].reduce((a, b) => ({ packets: a.packets + b.packets, bytes: a.bytes + b.bytes }));
	}

	async refresh(): Promise<void> {
		const before = this.#roomKey;
		await this.#fetchMedia();
		if (this.#roomKey === before) return;
		if (this.#rejoin.phase === "connected" && this.#rooms.current !== undefined) await this.#move();
		else this.#step({ kind: "changed" });
	}

	async leave(): Promise<void> {
		this.#sending.stop();
		await Promise.all(this.#rooms.all().map(({ peer }) => peer.close()));
		await this.#hearing.settled();
		if (this.#rejoin.phase !== "ended") this.#step({ kind: "leave" });
	}

	#makeRosterSender(): RosterSender {
		const { engine, call, source } = this.#options;
		const own = new OwnSigns();
		const signs = {
			muted: false,
			handRaisedAt: undefined,
			camera: source.pictures !== undefined,
			screen: false,
			weakLine: false,
		};
		return new RosterSender({
			announcement: async (session) => this.#keys.announcement(session, performance.now()),
			next: () => own.next(signs, Date.now()),
			async seal(entry) {
				const sealed = await engine.sealRoster(call, entry);
				return sealed.ok ? sealed.value : undefined;
			},
		});
	}

	#makeHearing(): Hearing {
		const ahead = new Ahead(
			() => this.#keys.newestM(),
			(m) => this.#follower.seenAhead(m),
		);
		const { onSound } = this.#options.events;
		return new Hearing({
			keys: this.#keys,
			ahead,
			rooms: this.#rooms,
			roster: this.#roster,
			onSound: (speaker, sound) => {
				this.#sending.somebodyHears();
				onSound(speaker, sound);
			},
		});
	}

	#sendRosters(): void {
		for (const joining of this.#rooms.all()) this.#rosterSender.soon(joining);
	}

	/** Room and keys as they are now; the keys go to where frames are sealed. */
	async #fetchMedia(): Promise<RoomAccess | undefined> {
		const answer = await this.#options.engine.callMedia(this.#options.call);
		if (!answer.ok) return undefined;
		const roomKey = bytesToHex(answer.value.joinPublicKey);
		const isSameRoom = roomKey === this.#roomKey;
		await this.#bases.give(answer.value, isSameRoom);
		if (!isSameRoom) this.#sending.sealAgain();
		this.#roomKey = roomKey;
		return accessOf(answer.value);
	}

	async #catchUp(): Promise<number> {
		await this.#options.engine.sync();
		await this.refresh();
		return this.#bases.newest;
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
				this.#joinings++;
				return this.#closeAll();
			case "wakeAt":
				clearTimeout(this.#wake);
				this.#wake = setTimeout(() => this.#step({ kind: "wake" }), Math.max(0, effect.at - performance.now()));
		}
	}

	#end(): void {
		this.#lines.close();
		this.#bases.end();
		clearTimeout(this.#wake);
		for (const timer of this.#timers) clearInterval(timer);
		for (const timer of this.#later) clearTimeout(timer);
		this.#sending.stop();
	}

	#closeAll(): void {
		this.#rooms.closeAll();
		this.#presence.forget();
	}

	#closed(joining: Joining): void {
		if (joining === this.#rooms.current) this.#lastOwnId = joining.participantId;
		this.#sending.end(joining.session);
		this.#keys.end(joining.session);
		this.#rosterSender.forget(joining);
		const { packets, bytes } = joining.peer.sums();
		this.#past = { packets: this.#past.packets + packets, bytes: this.#past.bytes + bytes };
		if (!joining.peer.isUnused()) return void joining.peer.close();
		joining.peer.giveUp();
		this.#lines.giveBack(joining.line, joining.roomKey);
	}

	async #join(): Promise<void> {
		this.#closeAll();
		const begun = await this.#begin(() => this.#lastOwnId);
		if (begun === "old") return;
		if (begun === "unreachable") return this.#step({ kind: "lost", loss: { kind: "unreachable" } });
		this.#rooms.current = this.#open(begun);
	}

	/** K5: into the new room, while the old one goes on. */
	async #move(): Promise<void> {
		const begun = await this.#begin(() => this.#rooms.current?.participantId);
		if (begun === "old") return;
		if (begun === "unreachable") return this.#step({ kind: "changed" });
		this.#rooms.moveTo(this.#open(begun), performance.now());
	}

	/** "old": another joining, or the end, has come meanwhile. */
	async #begin(supersedes: () => Bytes | undefined): Promise<Begun | "old" | "unreachable"> {
		const joining = ++this.#joinings;
		const access = await this.#fetchMedia().catch(() => undefined);
		if (this.#joinings !== joining) return "old";
		if (access === undefined) return "unreachable";
		const { session, participantId } = await this.#keys.begin();
		if (this.#joinings === joining) return { access, session, participantId, supersedes: supersedes() };
		this.#keys.end(session);
		return "old";
	}

	#open(begun: Begun): Joining {
		const line = this.#lines.take(bytesToHex(begun.access.joinPublicKey));
		const { session } = begun;
		const joining: Joining = new Joining(begun, line, {
			onConnected: () => this.#connected(joining),
			onSeat: (seat, id) => this.#seated(joining, seat, id),
			onRoster: (frame) => void this.#rosterArrived(frame, joining),
			onSent: (frames) => this.#sending.left(session, frames),
			onDropped: (frames) => this.#sending.dropped(session, frames),
			onHeard: (frames) => this.#hearing.take(frames, joining),
			onLost: (loss) => this.#lost(joining, loss),
		});
		return joining;
	}

	#connected(joining: Joining): void {
		if (!this.#rooms.has(joining)) return;
		joining.isConnected = true;
		if (this.#rooms.isNext(joining)) this.#rooms.arrived();
		else this.#step({ kind: "connected" });
		this.#lines.prepare();
		this.#sending.begin(joining.session, joining.peer.say);
		this.#peopleChanged(joining);
	}

	#seated(joining: Joining, seat: number, participantId: Bytes | undefined): void {
		if (!this.#rooms.has(joining)) return;
		this.#keys.seat(joining.session, seat, participantId);
		joining.sit(seat, participantId);
		this.#peopleChanged(joining);
	}

	#peopleChanged(joining: Joining): void {
		// K4: to each newcomer at once.
		this.#rosterSender.soon(joining);
		this.#presence.look(this.#rooms.all(), this.#roster);
	}

	#lost(joining: Joining, loss: PeerLoss): void {
		if (!this.#rooms.has(joining)) return;
		this.#lastLoss = loss;
		if (joining === this.#rooms.leaving) return this.#rooms.leaveOld();
		this.#step(this.#rooms.isNext(joining) ? { kind: "changed" } : { kind: "lost", loss });
	}

	async #rosterArrived(frame: Bytes, joining: Joining): Promise<void> {
		const opened = await this.#options.engine.openRoster(this.#options.call, copyBytes(frame));
		if (!opened.ok || !this.#rooms.has(joining)) return;
		const { person, leaf, ...entry } = opened.value;
		const verdict = this.#roster.judge({ ...entry, leaf, person: { person, leaf } }, joining.participantId);
		if (verdict.kind === "refuse") return;
		for (const { id, graceMs } of verdict.revoke) this.#revoke(id, graceMs);
		this.#keys.authorize(entry.participantId as ParticipantId, entry.m, entry.counters);
		this.#presence.look(this.#rooms.all(), this.#roster);
	}

	#revoke(id: Bytes, graceMs: number): void {
		const revoke = () => {
			this.#roster.forget(id);
			this.#keys.revoke(id);
		};
		if (graceMs === 0) revoke();
		else this.#later.add(setTimeout(revoke, graceMs));
	}

	#look(): void {
		this.#follower.look();
		if (this.#rooms.look(this.#roster, performance.now()) === "late") this.#step({ kind: "changed" });
		if (this.#rejoin.phase === "connected") this.#presence.look(this.#rooms.all(), this.#roster);
	}
}
