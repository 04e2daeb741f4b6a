/** An expected outcome: a value, or a plain tagged error. Bugs are thrown instead (see {@link invariant}). */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export function ok(): Result<void, never>;
export function ok<T>(value: T): Result<T, never>;
export function ok<T>(value?: T): Result<T | void, never> {
	return { ok: true, value };
}

export function err<E>(error: E): Result<never, E> {
	return { ok: false, error };
}

/** Throws when something that the code itself guarantees does not hold: a bug, never bad input. */
export function invariant(condition: unknown, claim: string): asserts condition {
	if (!condition) throw new Error(`invariant broken: ${claim}`);
}

/** The compiler's proof that a switch names every case. */
export function unreachable(value: never): never {
	throw new Error(`unreachable case: ${typeof value}`);
}
