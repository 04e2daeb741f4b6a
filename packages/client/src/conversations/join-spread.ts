import { maxAddsPerCommit, uncommittedLeaves } from "@sotto/crypto";
import type { ConversationCore } from "./core.ts";

/** C11: how long a device that came in waits at most for each other one that may have come with it. */
const spreadMs = 2_000;
/** What a device says by itself on entering. */
const greetings: readonly string[] = ["ringAddress", "introduction"];

/**
 * Devices that come in together each owe a commit (P3), and a commit that loses its epoch is sealed anew: all at once they would
 * seal and send 16 + 15 + … of them. Each waits its random time instead, unless its user has something to say.
 */
export class JoinSpread {
	readonly #core: ConversationCore;
	#commitAt: number | undefined;

	constructor(core: ConversationCore) {
		this.#core = core;
	}

	/** Until when this device keeps its first commit back; undefined if it does not. */
	async heldUntil(): Promise<number | undefined> {
		const { state, queue, wishes } = this.#core.held;
		if (!state.owesCommit || state.stop !== undefined) {
			this.#commitAt = undefined;
			return undefined;
		}
		const { clock, random } = this.#core.parts.engine;
		const hasWords = queue.some(({ queued }) => !greetings.includes(queued.item.content.type));
		if (state.outbox !== undefined || hasWords || wishes.length > 0) return undefined;
		if (this.#commitAt === undefined) {
			const others = (await this.#core.inspect(async (group) => uncommittedLeaves(group))) - 1;
			const chance = new DataView(random(4).buffer).getUint32(0) / 2 ** 32;
			this.#commitAt = Math.round(clock.now() + chance * spreadMs * Math.min(others, maxAddsPerCommit));
		}
		return this.#commitAt > clock.now() ? this.#commitAt : undefined;
	}
}
