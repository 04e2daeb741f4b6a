import { haveMoved, type HeardRoom } from "./places.ts";
import type { Roster } from "./roster.ts";

/** K5: the old room is left after this even if somebody never came to the new one. */
const handoverMs = 5_000;
/** How long everybody has been heard in the new room before the old one is left: so long they may need to hear us there. */
const settledMs = 1_000;

/** The room that this device is in; while the call moves on to another, both. */
export class Rooms<Room extends HeardRoom> {
	current: Room | undefined;
	/** The room before, in which we still send, until the others have come. */
	leaving: Room | undefined;
	/** The room to come, not yet connected. */
	#next: Room | undefined;
	#deadline = 0;
	#movedSince: number | undefined;
	readonly #close: (room: Room) => void;

	/** `close` leaves a room; it is still one of {@link all} while it does. */
	constructor(close: (room: Room) => void) {
		this.#close = close;
	}

	all(): readonly Room[] {
		return [this.current, this.#next, this.leaving].filter((room) => room !== undefined);
	}

	has(room: Room): boolean {
		return this.all().includes(room);
	}

	isNext(room: Room): boolean {
		return this.#next === room;
	}

	/** Begins to move: `next` joins beside the current one. */
	moveTo(next: Room, now: number): void {
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
		for (const room of this.all()) this.#close(room);
		this.current = undefined;
		this.leaving = undefined;
		this.#next = undefined;
	}

	leaveOld(): void {
		const old = this.leaving;
		this.leaving = undefined;
		if (old !== undefined) this.#close(old);
	}
}
