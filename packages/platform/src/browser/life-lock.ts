/** Web Locks are dropped with their holder, however it ended: what a worker or page holds for life tells others when it is gone. */

export type LifeLock = {
	/** Resolves when the lock is held: only then may its name be told to others. */
	readonly held: Promise<void>;
	readonly release: () => void;
};

/** Holds the lock `name` until `release`, or until this page or worker ends. */
export function holdForLife(name: string): LifeLock {
	const held = Promise.withResolvers<void>();
	const end = Promise.withResolvers<void>();
	void navigator.locks.request(name, () => {
		held.resolve();
		return end.promise;
	});
	return { held: held.promise, release: end.resolve };
}

/** Calls `ended` once the holder of `name` is gone; returns how to stop waiting. */
export function whenEnded(name: string, ended: () => void): () => void {
	const stop = new AbortController();
	navigator.locks.request(name, { signal: stop.signal }, () => ended()).catch(() => undefined);
	return () => stop.abort();
}
