/** Runs one piece of work after the other; a failure of one is its caller's alone. */
export class Serial {
	#tail: Promise<unknown> = Promise.resolve();

	run<T>(work: () => Promise<T>): Promise<T> {
		const done = this.#tail.then(work);
		this.#tail = done.catch(() => undefined);
		return done;
	}
}
