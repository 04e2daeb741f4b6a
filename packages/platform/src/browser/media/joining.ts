import { type Bytes, bytesToHex } from "@sotto/bytes";
import type { PeerLoss } from "../../media/rejoin.ts";
import { type LocalTracks, openPeer, type Peer, type RoomAccess } from "./peer.ts";
import type { FrameProtection } from "./protection.ts";
import { type Flow, isDeaf, isUnprotected, loudnessOf, readFlow } from "./quality.ts";
import type { FrameCounts } from "./worker-messages.ts";

/** How many looks back "in the last second" reaches. */
const looksPerSecond = 3;
export const lookMs = 333;
/** Looks in which nothing came at all before the path is taken for lost. */
const maxDeaf = 4 * looksPerSecond;
const uplinkMids = ["ua", "uv", "us"] as const;

type Look = { readonly flow: Flow; readonly counts: FrameCounts };

export type JoiningEvents = {
	readonly onConnected: () => void;
	/** Who is there is others than before. */
	readonly onPeople: () => void;
	readonly onRoster: (frame: Bytes) => void;
	readonly onLost: (loss: PeerLoss) => void;
};

/** One stay in one room: its connection, who is where in it, and what comes through. */
export class Joining {
	readonly peer: Peer;
	/** Our participant id in the joining before this one, which this one takes the place of (K4). */
	readonly supersedes: Bytes | undefined;
	/** Seats and screens by their numbers, with the participants in them. */
	readonly seats = new Map<number, Bytes>();
	readonly screens = new Map<number, Bytes>();
	/** Participants (hex) whose sound, and whose pictures, arrived and opened in the last second. */
	readonly heard = new Set<string>();
	readonly seen = new Set<string>();
	/** How loud each was since the look before, by participant (hex). */
	readonly loudness = new Map<string, number>();
	isConnected = false;
	/** The protection's number for it, once known. */
	session: number | undefined;
	readonly #protection: FrameProtection;
	#looks: readonly Look[] = [];
	#deafFor = 0;

	constructor(
		access: RoomAccess,
		protection: FrameProtection,
		tracks: LocalTracks,
		supersedes: Bytes | undefined,
		events: JoiningEvents,
	) {
		this.supersedes = supersedes;
		this.#protection = protection;
		this.peer = openPeer(access, protection, tracks, {
			onBegun: (session) => {
				this.session = session;
			},
			onConnected: () => {
				this.isConnected = true;
				events.onConnected();
			},
			onSeat: (seat, participantId) => {
				setEntry(this.seats, seat, participantId);
				this.peer.setOthers(this.seats.size);
				events.onPeople();
			},
			onScreen: (screen, participantId) => {
				setEntry(this.screens, screen, participantId);
				events.onPeople();
			},
			onRoster: events.onRoster,
			onLost: events.onLost,
		});
	}

	/** Now, and a second ago: what the quality of the line is judged by. */
	flows(): { readonly before: Flow; readonly now: Flow } | undefined {
		const [before, now] = [this.#looks[0], this.#looks.at(-1)];
		return before === undefined || now === undefined || this.#looks.length <= looksPerSecond
			? undefined
			: { before: before.flow, now: now.flow };
	}

	counts(): FrameCounts | undefined {
		return this.#looks.at(-1)?.counts;
	}

	/** Three times a second: what came through, and whether everything that left was sealed. */
	async look(now: number): Promise<"goesOn" | "unprotected" | "deaf"> {
		const { session } = this;
		if (session === undefined) return "goesOn";
		const [report, counts] = await Promise.all([
			this.peer.stats().catch(() => undefined),
			this.#protection.counts(session),
		]);
		if (report === undefined) return "goesOn";
		const flow = readFlow(report.values() as Iterable<Record<string, unknown>>, now);
		const last = this.#looks.at(-1);
		this.#looks = [...this.#looks.slice(-looksPerSecond), { flow, counts }];
		if (isUnprotected(flow, uplinkMids, counts.sealed)) return "unprotected";
		if (last === undefined) return "goesOn";
		this.#deafFor = this.isConnected && isDeaf(last.flow, flow) ? this.#deafFor + 1 : 0;
		this.#notice(last.flow, flow, counts);
		return this.#deafFor >= maxDeaf ? "deaf" : "goesOn";
	}

	#notice(last: Flow, flow: Flow, counts: FrameCounts): void {
		const before = this.#looks[0]?.counts.opened ?? {};
		const came = (name: string) => (counts.opened[name] ?? 0) > (before[name] ?? 0);
		for (const set of [this.heard, this.seen]) set.clear();
		this.loudness.clear();
		for (const [seat, id] of this.seats) {
			const name = bytesToHex(id);
			if (came(`${seat}.0`)) this.heard.add(name);
			if (came(`${seat}.1`)) this.seen.add(name);
			this.loudness.set(name, loudnessOf(last, flow, `a${seat}`));
		}
	}

	/** Sums of this joining. */
	sums() {
		const opened = Object.entries(this.counts()?.opened ?? {});
		const sum = (streams: readonly string[]) =>
			opened.reduce((total, [name, count]) => total + (streams.some((end) => name.endsWith(end)) ? count : 0), 0);
		const flow = this.#looks.at(-1)?.flow;
		return {
			audio: sum([".0"]),
			video: sum([".1", ".2"]),
			decoded: flow?.framesDecoded ?? 0,
			packets: (flow?.packetsSent ?? 0) + (flow?.packetsReceived ?? 0),
			bytes: (flow?.bytesSent ?? 0) + (flow?.bytesReceived ?? 0),
		};
	}
}

function setEntry(map: Map<number, Bytes>, key: number, value: Bytes | undefined): void {
	if (value === undefined) map.delete(key);
	else map.set(key, value);
}
