import type { RosterEntry } from "../../media/roster.ts";
import type { Joining } from "./joining.ts";
import type { RosterPort } from "./media-session.ts";
import type { FrameProtection } from "./protection.ts";

/** Several newcomers, or signs, at once make one entry. */
const gatherMs = 60;
/** Entries of one joining go out at this pace at most, well below what the room lets through. */
const leastMs = 250;

type Pending = {
	timer: ReturnType<typeof setTimeout> | undefined;
	sentAt: number;
	isSealing: boolean;
	isAsked: boolean;
};

/** Sends this device's roster entries: soon after they are asked for, never too many, one after the other. */
export class RosterSender {
	readonly #protection: FrameProtection;
	readonly #port: Pick<RosterPort<unknown>, "seal">;
	readonly #next: () => Pick<RosterEntry, "count" | "signs" | "reactions">;
	readonly #pending = new Map<Joining, Pending>();

	constructor(
		protection: FrameProtection,
		port: Pick<RosterPort<unknown>, "seal">,
		next: () => Pick<RosterEntry, "count" | "signs" | "reactions">,
	) {
		this.#protection = protection;
		this.#port = port;
		this.#next = next;
	}

	soon(joining: Joining): void {
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

	forget(joining: Joining): void {
		clearTimeout(this.#pending.get(joining)?.timer);
		this.#pending.delete(joining);
	}

	async #send(joining: Joining, pending: Pending): Promise<void> {
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

	async #sealAndSend(joining: Joining, session: number): Promise<void> {
		const announcement = await this.#protection.announcement(session);
		if (announcement === undefined) return;
		const seen = [...joining.seats.values()];
		const sealed = await this.#port.seal({ ...announcement, ...this.#next(), supersedes: joining.supersedes, seen });
		if (sealed !== undefined) joining.peer.sendRoster(sealed);
	}
}
