import type { Bytes } from "@sotto/bytes";
import type { RosterEntry } from "./roster.ts";

/** Several newcomers, or signs, at once make one entry. */
const gatherMs = 60;
/** Entries of one joining go out at this pace at most, well below what the room lets through. */
const leastMs = 250;

/** A joining that entries are sent in. */
type RosterRoom = {
	readonly isConnected: boolean;
	/** The frame keys' number for it, once known. */
	readonly session: number | undefined;
	readonly seats: ReadonlyMap<number, Bytes>;
	/** Our participant id in the joining before it, which it takes the place of (K4). */
	readonly supersedes: Bytes | undefined;
	readonly peer: { readonly sendRoster: (frame: Bytes) => unknown };
};

type RosterParts = {
	/** What is to be said of us in this session; undefined while nothing can be sealed. */
	readonly announcement: (
		session: number,
	) => Promise<Pick<RosterEntry, "participantId" | "m" | "counters"> | undefined>;
	/** What besides. */
	readonly next: () => Pick<RosterEntry, "count" | "signs" | "reactions">;
	readonly seal: (entry: RosterEntry) => Promise<Bytes | undefined>;
};

type Pending = {
	timer: ReturnType<typeof setTimeout> | undefined;
	sentAt: number;
	isSealing: boolean;
	isAsked: boolean;
};

/** Sends this device's roster entries: soon after they are asked for, never too many, one after the other. */
export class RosterSender {
	readonly #parts: RosterParts;
	readonly #pending = new Map<RosterRoom, Pending>();

	constructor(parts: RosterParts) {
		this.#parts = parts;
	}

	soon(joining: RosterRoom): void {
		const pending = this.#pending.get(joining) ?? {
			timer: undefined,
			sentAt: Number.NEGATIVE_INFINITY,
			isSealing: false,
			isAsked: false,
		};
		this.#pending.set(joining, pending);
		if (pending.timer !== undefined) return;
		if (pending.isSealing) {
			pending.isAsked = true;
			return;
		}
		const wait = Math.max(gatherMs, pending.sentAt + leastMs - performance.now());
		pending.timer = setTimeout(() => void this.#send(joining, pending), wait);
	}

	forget(joining: RosterRoom): void {
		clearTimeout(this.#pending.get(joining)?.timer);
		this.#pending.delete(joining);
	}

	async #send(joining: RosterRoom, pending: Pending): Promise<void> {
		pending.timer = undefined;
		if (!joining.isConnected || joining.seats.size === 0 || joining.session === undefined) return;
		pending.isSealing = true;
		pending.sentAt = performance.now();
		await this.#sealAndSend(joining, joining.session).catch(() => undefined);
		pending.isSealing = false;
		if (!pending.isAsked || this.#pending.get(joining) !== pending) return;
		pending.isAsked = false;
		this.soon(joining);
	}

	async #sealAndSend(joining: RosterRoom, session: number): Promise<void> {
		const announcement = await this.#parts.announcement(session);
		if (announcement === undefined) return;
		const seen = [...joining.seats.values()];
		const sealed = await this.#parts.seal({
			...announcement,
			...this.#parts.next(),
			supersedes: joining.supersedes,
			seen,
		});
		if (sealed !== undefined) joining.peer.sendRoster(sealed);
	}
}
