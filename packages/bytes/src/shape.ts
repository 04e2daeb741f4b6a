import type { Brand, Bytes } from "./brand.ts";
import { type CborValue, decodeCbor } from "./cbor.ts";
import { copyBytes } from "./octets.ts";
import { err, ok, type Result } from "./result.ts";

/** Where in a message something had the wrong shape, such as `records.3.body`. Never holds the value itself. */
export type ShapeError = { readonly kind: "wrongShape"; readonly at: string };

/** Parses one CBOR value into `T`; the CDDL under docs/spec names the same shapes. */
export type Shape<T> = (value: CborValue | undefined, at: string) => Result<T, ShapeError>;

export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

const wrong = (at: string): Result<never, ShapeError> => err({ kind: "wrongShape", at });

/** A byte string of `min` to `max` bytes. */
export function bytesShape(min: number, max: number): Shape<Bytes> {
	return (value, at) =>
		value instanceof Uint8Array && value.length >= min && value.length <= max ? ok(copyBytes(value)) : wrong(at);
}

/** A byte string of exactly `length` bytes, branded. */
export function brandedBytes<Name extends string>(length: number): Shape<Brand<Bytes, Name>> {
	return bytesShape(length, length) as Shape<Brand<Bytes, Name>>;
}

/** Text of at most `maxLength` UTF-16 units. */
export function textShape(maxLength: number): Shape<string> {
	return (value, at) => (typeof value === "string" && value.length <= maxLength ? ok(value) : wrong(at));
}

/** An integer from `min` to `max`. */
export function integerShape(min: number, max: number): Shape<number> {
	return (value, at) =>
		typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max ? ok(value) : wrong(at);
}

export const booleanShape: Shape<boolean> = (value, at) => (typeof value === "boolean" ? ok(value) : wrong(at));

export function literalShape<const T extends string | number>(...allowed: readonly T[]): Shape<T> {
	return (value, at) => {
		const found = allowed.find((candidate) => candidate === value);
		return found === undefined ? wrong(at) : ok(found);
	};
}

export function listShape<T>(item: Shape<T>, maxItems: number): Shape<readonly T[]> {
	return (value, at) => {
		if (!Array.isArray(value) || value.length > maxItems) return wrong(at);
		const items: T[] = [];
		for (const [index, entry] of value.entries()) {
			const parsed = item(entry as CborValue, `${at}.${index}`);
			if (!parsed.ok) return parsed;
			items.push(parsed.value);
		}
		return ok(items);
	};
}

type OptionalShape<T> = { readonly optional: Shape<T> };

/** A key of {@link mapShape} that may be missing. */
export function optional<T>(shape: Shape<T>): OptionalShape<T> {
	return { optional: shape };
}

type Fields = { readonly [key: string]: Shape<unknown> | OptionalShape<unknown> };
type Simplify<T> = { [K in keyof T]: T[K] } & {};
type Parsed<F extends Fields> = Simplify<
	{ readonly [K in keyof F as F[K] extends Shape<unknown> ? K : never]: ShapeOf<F[K]> } & {
		readonly [K in keyof F as F[K] extends OptionalShape<unknown> ? K : never]?: F[K] extends OptionalShape<infer T>
			? T
			: never;
	}
>;

/** A map with exactly these keys; unknown keys are refused, so that a version has one meaning. */
export function mapShape<const F extends Fields>(fields: F): Shape<Parsed<F>> {
	return (value, at) => {
		if (!isMap(value)) return wrong(at);
		for (const key of Object.keys(value)) if (!Object.hasOwn(fields, key)) return wrong(`${at}.${key.slice(0, 32)}`);
		const parsed: { [key: string]: unknown } = {};
		for (const [key, field] of Object.entries(fields)) {
			const entry = Object.hasOwn(value, key) ? value[key] : undefined;
			if (typeof field !== "function" && entry === undefined) continue;
			const result = (typeof field === "function" ? field : field.optional)(entry, `${at}.${key}`);
			if (!result.ok) return result;
			parsed[key] = result.value;
		}
		return ok(parsed as Parsed<F>);
	};
}

/** A map whose text key `tag` selects which of the shapes it must have. */
export function taggedShape<const S extends { readonly [tag: string]: Shape<unknown> }>(
	tag: string,
	shapes: S,
): Shape<ShapeOf<S[keyof S]>> {
	return (value, at) => {
		if (!isMap(value)) return wrong(at);
		const name = Object.hasOwn(value, tag) ? value[tag] : undefined;
		if (typeof name !== "string" || !Object.hasOwn(shapes, name)) return wrong(`${at}.${tag}`);
		return (shapes[name] as Shape<ShapeOf<S[keyof S]>>)(value, at);
	};
}

/** Decodes one CBOR item and parses it. The caller bounds `bytes` before it calls. */
export function parseCbor<T>(shape: Shape<T>, bytes: Uint8Array): Result<T, ShapeError> {
	const decoded = decodeCbor(bytes);
	return decoded.ok ? shape(decoded.value, "body") : wrong("body");
}

function isMap(value: CborValue | undefined): value is { readonly [key: string]: CborValue | undefined } {
	return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
