/** What waits for its time; of two with the same time the one that was planned first comes first. */
type Entry = { at: number; readonly n: number; work: (() => void) | undefined };

/**
 * The world's only time. It stands still while anything is being done, and jumps to the next event once everything has come
 * to rest: a day passes in a moment, and the same plan gives the same order of events.
 */
export class VirtualTime {
	#now: number;
	#planned = 0;
	/** How far it has jumped in all. */
	#jumped = 0;
	/** A binary heap. */
	readonly #heap: Entry[] = [];
	/** How many events there were. */
	events = 0;

	constructor(now: number) {
		this.#now = now;
	}

	get now(): number {
		return this.#now;
	}

	/** Calls `work` at `at`, or now if that is past; returns how to cancel. */
	plan(at: number, work: () => void): () => void {
		const entry: Entry = { at: Math.ceil(Math.max(at, this.#now)), n: this.#planned++, work };
		this.#push(entry);
		return () => {
			entry.work = undefined;
		};
	}

	/** A stretch of time in which nothing happens: everything that was planned comes that much later. */
	jump(ms: number): void {
		this.#now += ms;
		this.#jumped += ms;
		for (const entry of this.#heap) entry.at += ms;
	}

	sleep(ms: number): Promise<void> {
		return new Promise((resolve) => void this.plan(this.#now + ms, resolve));
	}

	/** Lets everything happen until `end` (jumps not counted), or until `isEnough`, which is asked every `everyMs`. */
	async run(end: number, isEnough?: () => Promise<boolean>, everyMs = 20_000): Promise<void> {
		const jumped = this.#jumped;
		const isOver = (at: number) => at > end + this.#jumped - jumped;
		let ask = this.#now;
		await settled();
		for (;;) {
			if (isEnough !== undefined && this.#now >= ask) {
				ask = this.#now + everyMs;
				if (await isEnough()) return;
			}
			const next = this.#heap[0];
			if (next === undefined || isOver(next.at)) break;
			this.#pop();
			if (next.work === undefined) continue;
			this.#now = next.at;
			this.events++;
			next.work();
			await settled();
		}
		this.#now = end + this.#jumped - jumped;
	}

	#push(entry: Entry): void {
		const heap = this.#heap;
		let place = heap.push(entry) - 1;
		while (place > 0) {
			const parent = (place - 1) >> 1;
			if (!isBefore(entry, heap[parent] as Entry)) break;
			heap[place] = heap[parent] as Entry;
			place = parent;
		}
		heap[place] = entry;
	}

	#pop(): void {
		const heap = this.#heap;
		const last = heap.pop() as Entry;
		if (heap.length === 0) return;
		let place = 0;
		for (;;) {
			let child = 2 * place + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
			if (!isBefore(heap[child] as Entry, last)) break;
			heap[place] = heap[child] as Entry;
			place = child;
		}
		heap[place] = last;
	}
}

function isBefore(one: Entry, other: Entry): boolean {
	return one.at < other.at || (one.at === other.at && one.n < other.n);
}

/** Everything that goes on has come to rest: with synchronous crypto nothing but promise jobs goes on, and they go first. */
function settled(): Promise<void> {
	return new Promise((resolve) => void setImmediate(resolve));
}
