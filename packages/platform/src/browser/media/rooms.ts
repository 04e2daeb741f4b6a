import { haveMoved } from "./participants.ts";
import type { Joining } from "./joining.ts";
import type { Roster } from "../../media/roster.ts";

/** K5: the old room is left after this even if somebody never came to the new one. */
const handoverMs = 5_000;
/** How long everybody has been heard in the new room before the old one is left: so long they may need to hear us there. */
const settledMs = 1_000;

/** The room that this device is in; while the call moves on to another, both. */
export class Rooms {
	current: Joining | undefined;
	/** The room before, in which we still send, until the others have come. */
	leaving: Joining | undefined;
	/** The room to come, not yet connected. */
	#next: Joining | undefined;
	#deadline = 0;
	#movedSince: number | undefined;
	readonly #onClose: (joining: Joining) => void;

	constructor(onClose: (joining: Joining) => void) {
		this.#onClose = onClose;
	}

	all(): readonly Joining[] {
		return [this.current, this.#next, this.leaving].filter((joining) => joining !== undefined);
	}

	has(joining: Joining): boolean {
		return this.all().includes(joining);
	}

	isNext(joining: Joining): boolean {
		return this.#next === joining;
	}

	/** Begins to move: `next` joins beside the current one. */
	moveTo(next: Joining, now: number): void {
		if (this.#next !== undefined) this.#close(this.#next);
		this.#next = next;
		this.#deadline = now + handoverMs;
	}

	/** The room to come is connected: it is the one that counts now. */
	arrived(): void {
		if (this.#next === undefined) return;
		if (this.leaving !== undefined) this.#close(this.leaving);
		this.leaving = this.current;
		this.current = this.#next;
		this.#next = undefined;
		this.#movedSince = undefined;
	}

	/** Called at each look. "late": the new room could not be joined in time. */
	look<Person>(roster: Roster<Person>, now: number): "late" | undefined {
		if (this.#next !== undefined && now >= this.#deadline) return "late";
		const { current, leaving } = this;
		if (current === undefined || leaving === undefined) return undefined;
		const isDone = haveMoved(current, leaving, roster);
		this.#movedSince = isDone ? (this.#movedSince ?? now) : undefined;
		const isSettled = this.#movedSince !== undefined && now - this.#movedSince >= settledMs;
		if (isSettled || now >= this.#deadline) this.leaveOld();
		return undefined;
	}

	closeAll(): void {
		for (const joining of this.all()) this.#close(joining);
		this.current = undefined;
		this.leaving = undefined;
		this.#next = undefined;
	}

	leaveOld(): void {
		const old = this.leaving;
		this.leaving = undefined;
		if (old !== undefined) this.#close(old);
	}

	#close(joining: Joining): void {
		this.#onClose(joining);
		joining.peer.close();
	}
}
