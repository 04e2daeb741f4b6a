import { type Bytes, bytesToHex, type Result } from "@sotto/bytes";
import {
	type PeerLoss,
	type RejoinEffect,
	type RejoinState,
	type RejoinStep,
	startJoining,
	stepRejoin,
} from "../../media/rejoin.ts";
import { Follower } from "../../media/follower.ts";
import { Rooms } from "../../media/rooms.ts";
import { Roster, rosterPaceMs, type Signs } from "../../media/roster.ts";
import { RosterSender } from "../../media/roster-sender.ts";
import { OtherSigns, OwnSigns } from "../../media/signs.ts";
import type { Tile } from "../../media/watch.ts";
import type { DeviceError, DeviceKind } from "./devices.ts";
import { Joining, lookMs } from "./joining.ts";
import { Line } from "./line.ts";
import { LocalMedia } from "./local-media.ts";
import type { MediaSession, MediaStats, MediaView, SessionOptions } from "./media-session.ts";
import { participantsOf } from "./participants.ts";
import type { RoomAccess } from "./peer.ts";
import { lookOf, mediaState } from "./session-view.ts";
import { Watcher } from "./watcher.ts";

/** Joins a room and stays in it, through lost networks and restarted servers, until `leave`. docs/spec/media.md. */
export function joinRoom<Person>(options: SessionOptions<Person>): MediaSession<Person> {
	return new Session(options);
}

/** From one network to another, where the browser tells. */
const networkKind = () => (navigator as { connection?: EventTarget }).connection;

class Session<Person> implements MediaSession<Person> {
	readonly #options: SessionOptions<Person>;
	readonly #local: LocalMedia;
	readonly #listeners = new Set<() => void>();
	readonly #roster = new Roster<Person>();
	readonly #signs = new OtherSigns();
	readonly #ownSigns = new OwnSigns();
	readonly #sender: RosterSender;
	readonly #watcher: Watcher;
	readonly #rooms: Rooms<Joining>;
	readonly #line = new Line();
	readonly #follower: Follower;
	readonly #timers: ReturnType<typeof setInterval>[] = [];
	#rejoin: RejoinState;
	#joinings = 0;
	#lastLoss: PeerLoss | undefined;
	#lastOwnId: Bytes | undefined;
	#wake: ReturnType<typeof setTimeout> | undefined;
	#view: MediaView<Person> | undefined;
	#isLooking = false;
	#saidSigns = "";
	#looked = "";
	#past = { audio: 0, video: 0, decoded: 0, packets: 0, bytes: 0 };

	constructor(options: SessionOptions<Person>) {
		this.#options = options;
		this.#rooms = new Rooms((joining) => this.#closed(joining));
		this.#sender = new RosterSender({
			announcement: options.protection.announcement,
			next: () => this.#ownSigns.next(this.#signsNow(), Date.now()),
			seal: options.roster.seal,
		});
		this.#watcher = new Watcher((participantId) => this.#roster.leafOf(participantId));
		this.#follower = new Follower(options.protection.hold, options.catchUp);
		options.protection.onAhead((m) => this.#follower.seenAhead(m));
		this.#local = new LocalMedia(() => this.#localChanged(), options);
		const step = startJoining(performance.now());
		this.#rejoin = step.state;
		this.#local.start(options.microphone, options.camera);
		this.#timers.push(
			setInterval(() => void this.#look(), lookMs),
			setInterval(() => this.#sendRosters(), rosterPaceMs),
		);
		for (const effect of step.effects) this.#do(effect);
		addEventListener("online", this.#networkChanged);
		networkKind()?.addEventListener("change", this.#networkChanged);
	}

	view(): MediaView<Person> {
		this.#view ??= {
			state: mediaState(this.#rejoin),
			participants: participantsOf(this.#rooms.current, this.#rooms.leaving, {
				roster: this.#roster,
				signsOf: (participantId) => this.#signs.signsOf(participantId),
				levelOf: (participantId) => this.#line.levels.levels.get(participantId) ?? 0,
				isWeakOf: (participantId) => this.#line.isWeakOf(participantId),
			}),
			activeSpeaker: this.#line.levels.active,
			reactions: this.#signs.reactions(Date.now()),
			own: this.#signsNow(),
			outOfStep: this.#follower.isOutOfStep,
			screenTrack: this.#local.screen.track,
			microphone: this.#local.devices.microphone,
			camera: this.#local.devices.camera,
			quality:
				this.#rejoin.phase === "connected" ? this.#line.quality : this.#isMending() ? "reconnecting" : "measuring",
			samples: this.#line.samples,
		};
		return this.#view;
	}

	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	setMicrophone(on: boolean): Promise<Result<void, DeviceError>> {
		return this.#local.devices.setMicrophone(on);
	}

	setCamera(on: boolean): Promise<Result<void, DeviceError>> {
		return this.#local.devices.setCamera(on);
	}

	replaceDevice(kind: DeviceKind, deviceId: string): Promise<Result<void, DeviceError>> {
		return this.#local.devices.replace(kind, deviceId);
	}

	setScreen(on: boolean): Promise<Result<void, DeviceError>> {
		return this.#local.screen.set(on);
	}

	setHand(raised: boolean): void {
		this.#local.setHand(raised);
	}

	react(emoji: string): void {
		const now = Date.now();
		const n = this.#ownSigns.react(emoji, now);
		if (n === undefined) return;
		this.#signs.showOwn(n, emoji, now);
		this.#sendRosters();
		this.#changed();
	}

	show(tiles: readonly Tile[]): void {
		this.#watcher.show(tiles);
		for (const joining of this.#rooms.all()) this.#watcher.update(joining);
	}

	moveOn(): void {
		if (this.#rejoin.phase === "connected" && this.#rooms.current !== undefined) void this.#move();
		else this.#step({ kind: "changed" });
	}

	stats(): MediaStats {
		const past = this.#past;
		const open = this.#rooms.all().map((joining) => joining.sums());
		const total = (key: keyof typeof past) => open.reduce((sum, one) => sum + one[key], past[key]);
		return {
			quality: this.view().quality,
			audioFramesOpened: total("audio"),
			videoFramesOpened: total("video"),
			videoFramesDecoded: total("decoded"),
			packets: total("packets"),
			bytes: total("bytes"),
			counts: this.#rooms.current?.counts(),
			lastLoss: this.#lastLoss,
			joinings: this.#joinings,
		};
	}

	leave(): void {
		if (this.#rejoin.phase !== "ended") this.#step({ kind: "leave" });
	}

	readonly #networkChanged = () => this.moveOn();

	#isMending(): boolean {
		return mediaState(this.#rejoin).phase === "reconnecting";
	}

	#changed(): void {
		this.#view = undefined;
		for (const listener of this.#listeners) listener();
	}

	#localChanged(): void {
		for (const joining of this.#rooms.all()) joining.peer.setTracks(this.#local.tracks());
		this.#saySigns();
		this.#changed();
	}

	#signsNow(): Signs {
		return { ...this.#local.signs(), weakLine: this.#line.quality === "weak" };
	}

	/** To the others, at once when they changed. */
	#saySigns(): void {
		const signs = JSON.stringify(this.#signsNow());
		if (signs !== this.#saidSigns) this.#sendRosters();
		this.#saidSigns = signs;
	}

	#sendRosters(): void {
		for (const joining of this.#rooms.all()) this.#sender.soon(joining);
	}

	#step(input: Parameters<typeof stepRejoin>[1]): void {
		this.#take(stepRejoin(this.#rejoin, input, performance.now(), this.#options.chance()));
	}

	#take({ state, effects }: RejoinStep): void {
		const wasOver = this.#rejoin.phase === "ended";
		this.#rejoin = state;
		for (const effect of effects) this.#do(effect);
		if (state.phase === "ended" && !wasOver) this.#end();
		this.#changed();
	}

	#do(effect: RejoinEffect): void {
		switch (effect.kind) {
			case "join":
				return void this.#join();
			case "close":
				this.#joinings++;
				return this.#rooms.closeAll();
			case "wakeAt":
				clearTimeout(this.#wake);
				this.#wake = setTimeout(() => this.#step({ kind: "wake" }), Math.max(0, effect.at - performance.now()));
		}
	}

	#closed(joining: Joining): void {
		if (joining === this.#rooms.current) this.#lastOwnId = joining.peer.participantId() ?? this.#lastOwnId;
		const sums = joining.sums();
		for (const key of Object.keys(sums) as (keyof typeof sums)[]) this.#past[key] += sums[key];
		this.#sender.forget(joining);
		this.#watcher.forget(joining);
		joining.peer.close();
	}

	#end(): void {
		clearTimeout(this.#wake);
		for (const timer of this.#timers) clearInterval(timer);
		removeEventListener("online", this.#networkChanged);
		networkKind()?.removeEventListener("change", this.#networkChanged);
		this.#local.close();
		this.#options.protection.end();
	}

	async #join(): Promise<void> {
		this.#rooms.closeAll();
		const joining = ++this.#joinings;
		const access = await this.#options.access().catch(() => undefined);
		if (this.#joinings !== joining) return;
		if (access === undefined) return this.#step({ kind: "lost", loss: { kind: "unreachable" } });
		this.#rooms.current = this.#open(access, this.#lastOwnId);
	}

	/** K5: into the new room, while the old one goes on. */
	async #move(): Promise<void> {
		const joining = ++this.#joinings;
		const access = await this.#options.access().catch(() => undefined);
		const old = this.#rooms.current;
		if (this.#joinings !== joining) return;
		if (access === undefined || old === undefined) return this.#step({ kind: "changed" });
		this.#rooms.moveTo(this.#open(access, old.peer.participantId()), performance.now());
	}

	#open(access: RoomAccess, supersedes: Bytes | undefined): Joining {
		const joining: Joining = new Joining(access, this.#options.protection, this.#local.tracks(), supersedes, {
			onConnected: () => {
				if (!this.#rooms.has(joining)) return;
				if (this.#rooms.isNext(joining)) this.#rooms.arrived();
				else this.#step({ kind: "connected" });
				this.#peopleChanged(joining);
			},
			onPeople: () => this.#peopleChanged(joining),
			onRoster: (frame) => void this.#rosterArrived(frame, joining),
			onLost: (loss) => this.#lost(joining, loss),
		});
		return joining;
	}

	#peopleChanged(joining: Joining): void {
		if (!this.#rooms.has(joining)) return;
		// K4: to each newcomer at once.
		this.#sender.soon(joining);
		this.#watcher.update(joining);
		this.#changed();
	}

	#lost(joining: Joining, loss: PeerLoss): void {
		if (!this.#rooms.has(joining)) return;
		this.#lastLoss = loss;
		if (loss.kind === "unprotected") return this.#step({ kind: "lost", loss });
		if (joining === this.#rooms.leaving) return this.#rooms.leaveOld();
		this.#step(this.#rooms.isNext(joining) ? { kind: "changed" } : { kind: "lost", loss });
	}

	async #rosterArrived(frame: Bytes, joining: Joining): Promise<void> {
		const entry = await this.#options.roster.open(frame).catch(() => undefined);
		const own = joining.peer.participantId();
		if (entry === undefined || own === undefined || !this.#rooms.has(joining)) return;
		const verdict = this.#roster.judge(entry, own);
		if (verdict.kind === "refuse") return;
		for (const { id, graceMs } of verdict.revoke) this.#revoke(id, graceMs);
		this.#options.protection.authorize(entry.participantId, entry.m, entry.counters);
		this.#signs.take(bytesToHex(entry.participantId), entry, Date.now());
		this.#watcher.update(joining);
		this.#changed();
	}

	#revoke(id: Bytes, graceMs: number): void {
		const revoke = () => {
			this.#roster.forget(id);
			if (this.#rejoin.phase !== "ended") this.#options.protection.revoke(id);
		};
		if (graceMs === 0) revoke();
		else setTimeout(revoke, graceMs);
	}

	/** Three times a second: what came through, who speaks, how good the line is, and whether everything that left was sealed. */
	async #look(): Promise<void> {
		if (this.#isLooking) return;
		this.#isLooking = true;
		const now = performance.now();
		const rooms = this.#rooms.all();
		const verdicts = await Promise.all(rooms.map((joining) => joining.look(now)));
		this.#isLooking = false;
		for (const [index, joining] of rooms.entries()) this.#judge(joining, verdicts[index]);
		if (this.#rooms.look(this.#roster, now) === "late") this.#step({ kind: "changed" });
		this.#follower.look();
		this.#line.note(this.#rooms, (id) => this.#signs.signsOf(id)?.weakLine === true, now);
		this.#saySigns();
		this.#view = undefined;
		const looks = lookOf(this.view());
		if (looks === this.#looked) return;
		this.#looked = looks;
		this.#changed();
	}

	#judge(joining: Joining, verdict: "goesOn" | "unprotected" | "deaf" | undefined): void {
		if (verdict === "unprotected") this.#lost(joining, { kind: "unprotected" });
		if (verdict === "deaf") this.#lost(joining, { kind: "transport" });
	}
}
