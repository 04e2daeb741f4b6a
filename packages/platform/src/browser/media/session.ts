import { type Bytes, bytesToHex, type Result } from "@sotto/bytes";
import { type DeviceError, type DeviceKind, LocalDevices, trackOf } from "./devices.ts";
import type {
	LineSample,
	MediaParticipant,
	MediaSession,
	MediaState,
	MediaStats,
	MediaView,
	SessionOptions,
} from "./media-session.ts";
import { openPeer, type Peer } from "./peer.ts";
import { type Flow, isDeaf, isUnprotected, qualityOf, readFlow, sampleOf } from "./quality.ts";
import {
	type PeerLoss,
	type RejoinEffect,
	type RejoinState,
	type RejoinStep,
	startJoining,
	stepRejoin,
} from "../../media/rejoin.ts";
import { Roster, rosterPaceMs } from "../../media/roster.ts";
import { makeSilence, type Silence } from "./silence.ts";
import type { FrameCounts } from "./worker-messages.ts";

/** Joins a room and stays in it, through lost networks and restarted servers, until `leave`. docs/spec/media.md. */
export function joinRoom<Person>(options: SessionOptions<Person>): MediaSession<Person> {
	return new Session(options);
}

/** Looks, one a second, in which nothing came at all, before the path is taken for lost. */
const maxDeaf = 4;

type Joined = {
	readonly peer: Peer;
	/** Set once known: the worker's number for this joining. */
	session: number | undefined;
	readonly seats: Map<number, Bytes>;
	flow: Flow | undefined;
	counts: FrameCounts | undefined;
	/** For how many looks in a row nothing came at all. */
	deafFor: number;
	readonly heard: Set<number>;
	readonly seen: Set<number>;
};

class Session<Person> implements MediaSession<Person> {
	readonly #options: SessionOptions<Person>;
	readonly #devices: LocalDevices;
	readonly #listeners = new Set<() => void>();
	readonly #roster = new Roster<Person>();
	readonly #timers: ReturnType<typeof setInterval>[] = [];
	#rejoin: RejoinState;
	#joined: Joined | undefined;
	#joinings = 0;
	#lastLoss: PeerLoss | undefined;
	#lastOwnId: Bytes | undefined;
	#wake: ReturnType<typeof setTimeout> | undefined;
	#view: MediaView<Person> | undefined;
	#samples: readonly LineSample[] = [];
	#quality: "measuring" | "good" | "weak" = "measuring";
	#silence: Silence | undefined;
	#past = { audio: 0, video: 0, decoded: 0, packets: 0, bytes: 0 };

	constructor(options: SessionOptions<Person>) {
		this.#options = options;
		this.#devices = new LocalDevices(() => this.#devicesChanged(), options.devices);
		const step = startJoining(performance.now());
		this.#rejoin = step.state;
		void this.#devices
			.setMicrophone(true)
			.then(() => (options.microphone ? undefined : this.#devices.setMicrophone(false)));
		if (options.camera) void this.#devices.setCamera(true);
		this.#timers.push(
			setInterval(() => void this.#measure(), 1_000),
			setInterval(() => void this.#sendRoster(), rosterPaceMs),
		);
		for (const effect of step.effects) this.#do(effect);
		addEventListener("online", this.#networkBack);
	}

	view(): MediaView<Person> {
		this.#view ??= {
			state: mediaState(this.#rejoin),
			participants: this.#participants(),
			microphone: this.#devices.microphone,
			camera: this.#devices.camera,
			quality: this.#rejoin.phase === "connected" ? this.#quality : this.#isMending() ? "reconnecting" : "measuring",
			samples: this.#samples,
		};
		return this.#view;
	}

	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	setMicrophone(on: boolean): Promise<Result<void, DeviceError>> {
		return this.#devices.setMicrophone(on);
	}

	setCamera(on: boolean): Promise<Result<void, DeviceError>> {
		return this.#devices.setCamera(on);
	}

	replaceDevice(kind: DeviceKind, deviceId: string): Promise<Result<void, DeviceError>> {
		return this.#devices.replace(kind, deviceId);
	}

	rejoin(): void {
		this.#step({ kind: "changed" });
	}

	stats(): MediaStats {
		const now = sumsOf(this.#joined);
		const past = this.#past;
		return {
			quality: this.view().quality,
			audioFramesOpened: past.audio + now.audio,
			videoFramesOpened: past.video + now.video,
			videoFramesDecoded: past.decoded + now.decoded,
			packets: past.packets + now.packets,
			bytes: past.bytes + now.bytes,
			counts: this.#joined?.counts,
			lastLoss: this.#lastLoss,
			joinings: this.#joinings,
		};
	}

	leave(): void {
		if (this.#rejoin.phase !== "ended") this.#step({ kind: "leave" });
	}

	readonly #networkBack = () => this.#step({ kind: "changed" });

	#isMending(): boolean {
		return mediaState(this.#rejoin).phase === "reconnecting";
	}

	#participants(): readonly MediaParticipant<Person>[] {
		const joined = this.#joined;
		if (joined === undefined) return [];
		const tracks = joined.peer.seats();
		return [...joined.seats].flatMap(([seat, participantId]) => {
			const track = tracks[seat];
			if (track === undefined) return [];
			return {
				participantId: bytesToHex(participantId),
				person: this.#roster.personOf(participantId),
				audioTrack: track.audio,
				videoTrack: track.video,
				isHeard: joined.heard.has(seat),
				isSeen: joined.seen.has(seat),
			};
		});
	}

	#changed(): void {
		this.#view = undefined;
		for (const listener of this.#listeners) listener();
	}

	#devicesChanged(): void {
		this.#joined?.peer.setTracks(this.#tracks());
		this.#changed();
	}

	#tracks() {
		const { microphone, camera } = this.#devices;
		const isMissing = microphone.state === "failed" && this.#rejoin.phase !== "ended";
		if (isMissing) this.#silence ??= makeSilence();
		return { audio: trackOf(microphone) ?? this.#silence?.track, camera: trackOf(camera) };
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
				return this.#closePeer();
			case "wakeAt":
				clearTimeout(this.#wake);
				this.#wake = setTimeout(() => this.#step({ kind: "wake" }), Math.max(0, effect.at - performance.now()));
		}
	}

	#closePeer(): void {
		const joined = this.#joined;
		this.#joinings++;
		this.#joined = undefined;
		if (joined === undefined) return;
		this.#lastOwnId = joined.peer.participantId() ?? this.#lastOwnId;
		const sums = sumsOf(joined);
		for (const key of Object.keys(sums) as (keyof typeof sums)[]) this.#past[key] += sums[key];
		joined.peer.close();
	}

	#end(): void {
		clearTimeout(this.#wake);
		for (const timer of this.#timers) clearInterval(timer);
		removeEventListener("online", this.#networkBack);
		this.#devices.close();
		this.#silence?.close();
		this.#options.protection.end();
	}

	async #join(): Promise<void> {
		this.#closePeer();
		const joining = this.#joinings;
		const isOld = () => this.#joinings !== joining;
		const lost = (loss: PeerLoss) => {
			if (isOld()) return;
			this.#lastLoss = loss;
			this.#step({ kind: "lost", loss });
		};
		const access = await this.#options.access().catch(() => undefined);
		if (isOld()) return;
		if (access === undefined) return lost({ kind: "unreachable" });
		const seats = new Map<number, Bytes>();
		const peer = openPeer(access, this.#options.protection, this.#tracks(), {
			onBegun: (session) => {
				if (this.#joined?.peer === peer) this.#joined.session = session;
			},
			onConnected: () => {
				if (isOld()) return;
				this.#step({ kind: "connected" });
				void this.#sendRoster();
			},
			onSeat: (seat, participantId) => {
				if (isOld()) return;
				if (participantId === undefined) seats.delete(seat);
				else seats.set(seat, participantId);
				this.#joined?.heard.delete(seat);
				this.#joined?.seen.delete(seat);
				// K4: to each newcomer at once.
				if (participantId !== undefined) void this.#sendRoster();
				this.#changed();
			},
			onRoster: (frame) => {
				if (!isOld()) void this.#rosterArrived(frame, peer);
			},
			onLost: lost,
		});
		this.#joined = {
			peer,
			session: undefined,
			seats,
			flow: undefined,
			counts: undefined,
			deafFor: 0,
			heard: new Set(),
			seen: new Set(),
		};
	}

	async #sendRoster(): Promise<void> {
		const joined = this.#joined;
		if (joined === undefined || this.#rejoin.phase !== "connected" || joined.seats.size === 0) return;
		const announcement = await this.#options.protection.announcement();
		if (announcement === undefined) return;
		const supersedes = this.#lastOwnId;
		const entry = { ...announcement, supersedes, seen: [...joined.seats.values()] };
		const sealed = await this.#options.roster.seal(entry).catch(() => undefined);
		if (sealed !== undefined && this.#joined === joined) joined.peer.sendRoster(sealed);
	}

	async #rosterArrived(frame: Bytes, peer: Peer): Promise<void> {
		const entry = await this.#options.roster.open(frame).catch(() => undefined);
		const own = peer.participantId();
		if (entry === undefined || own === undefined || this.#joined?.peer !== peer) return;
		const verdict = this.#roster.judge(entry, own);
		if (verdict.kind === "refuse") return;
		for (const old of verdict.revoke) this.#options.protection.revoke(old);
		this.#options.protection.authorize(entry.participantId, entry.m, entry.counters);
		this.#changed();
	}

	/** Once a second: what came through, how good the line is, and whether everything that left was sealed. */
	async #measure(): Promise<void> {
		const joined = this.#joined;
		if (joined?.session === undefined) return;
		const [report, counts] = await Promise.all([
			joined.peer.stats().catch(() => undefined),
			this.#options.protection.counts(joined.session),
		]);
		if (report === undefined || this.#joined !== joined) return;
		const before = joined.flow;
		const countsBefore = joined.counts;
		const flow = readFlow(report.values() as Iterable<Record<string, unknown>>, performance.now());
		joined.flow = flow;
		joined.counts = counts;
		if (isUnprotected(flow, ["ua", "uv"], counts.sealed))
			return this.#step({ kind: "lost", loss: { kind: "unprotected" } });
		if (before === undefined || countsBefore === undefined) return;
		joined.deafFor = this.#rejoin.phase === "connected" && isDeaf(before, flow) ? joined.deafFor + 1 : 0;
		if (joined.deafFor >= maxDeaf) return this.#step({ kind: "lost", loss: { kind: "transport" } });
		for (const seat of joined.seats.keys()) {
			setMember(joined.heard, seat, (counts.opened[`${seat}.0`] ?? 0) > (countsBefore.opened[`${seat}.0`] ?? 0));
			setMember(joined.seen, seat, (counts.opened[`${seat}.1`] ?? 0) > (countsBefore.opened[`${seat}.1`] ?? 0));
		}
		this.#quality = qualityOf(before, flow);
		this.#samples = [...this.#samples.slice(-59), sampleOf(before, flow)];
		this.#changed();
	}
}

function setMember(set: Set<number>, value: number, isIn: boolean): void {
	if (isIn) set.add(value);
	else set.delete(value);
}

function mediaState(state: RejoinState): MediaState {
	switch (state.phase) {
		case "connected":
			return { phase: "connected" };
		case "ended":
			return { phase: "ended", reason: state.reason };
		case "joining":
			return state.brokenSince === undefined
				? { phase: "joining" }
				: { phase: "reconnecting", since: state.brokenSince };
		case "waiting":
			return { phase: "reconnecting", since: state.brokenSince };
	}
}

function sumsOf(joined: Joined | undefined) {
	const opened = Object.entries(joined?.counts?.opened ?? {});
	const sum = (stream: string) =>
		opened.reduce((total, [name, count]) => total + (name.endsWith(stream) ? count : 0), 0);
	const flow = joined?.flow;
	return {
		audio: sum(".0"),
		video: sum(".1"),
		decoded: flow?.framesDecoded ?? 0,
		packets: (flow?.packetsSent ?? 0) + (flow?.packetsReceived ?? 0),
		bytes: (flow?.bytesSent ?? 0) + (flow?.bytesReceived ?? 0),
	};
}
