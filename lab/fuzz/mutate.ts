import { type Bytes, type CborValue, concat, encodeCbor } from "@sotto/bytes";

/** A number from 0 up to 1, from a seed. */
export type Chance = () => number;

export function below(chance: Chance, end: number): number {
	return Math.floor(chance() * end);
}

export function pick<T>(chance: Chance, items: readonly T[]): T {
	return items[below(chance, items.length)] as T;
}

export function someBytes(chance: Chance, length: number): Bytes {
	return Uint8Array.from({ length }, () => below(chance, 256));
}

/** A length that is mostly small, now and then at a border, seldom huge. */
export function someLength(chance: Chance, max: number): number {
	const kind = chance();
	if (kind < 0.6) return below(chance, Math.min(64, max));
	if (kind < 0.9) return below(chance, Math.min(3000, max));
	return Math.min(max, pick(chance, [0, 1, 31, 32, 33, 2047, 2048, 2049, 65_535, 65_536, 65_537]));
}

/** Flips, cuts, doubles, inserts: what a broken or hostile sender makes of good bytes. */
export function mutateBytes(chance: Chance, bytes: Uint8Array): Bytes {
	let mutated: Bytes = bytes.slice() as Bytes;
	for (let times = 1 + below(chance, 4); times > 0; times--) mutated = mutateOnce(chance, mutated);
	return mutated;
}

function mutateOnce(chance: Chance, bytes: Bytes): Bytes {
	const at = below(chance, bytes.length + 1);
	const to = Math.min(bytes.length, at + below(chance, 40));
	switch (below(chance, 6)) {
		case 0: {
			if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << below(chance, 8));
			return bytes;
		}
		case 1:
			return bytes.slice(0, at);
		case 2:
			return concat(bytes.subarray(0, at), bytes.subarray(to));
		case 3:
			return concat(bytes.subarray(0, to), bytes.subarray(at));
		case 4:
			return concat(bytes.subarray(0, at), someBytes(chance, someLength(chance, 64)), bytes.subarray(at));
		default:
			return concat(bytes, someBytes(chance, someLength(chance, 64)));
	}
}

/** Any CBOR value, mostly none that anybody expects at that place. */
export function someValue(chance: Chance, depth = 0): CborValue {
	switch (below(chance, depth > 3 ? 7 : 9)) {
		case 0:
			return null;
		case 1:
			return chance() < 0.5;
		case 2:
			return pick(chance, [0, 1, -1, 23, 24, 255, 4095, 4096, 4097, 65_536, 2 ** 32, Number.MAX_SAFE_INTEGER]);
		case 3:
			return pick(chance, [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)]);
		case 4:
			return pick(chance, ["", "type", "attach", "call", "__proto__", "constructor", "\u0000", "é".repeat(100)]);
		case 5:
		case 6:
			return someBytes(chance, someLength(chance, 3000));
		case 7:
			return Array.from({ length: below(chance, 4) }, () => someValue(chance, depth + 1));
		default:
			return someMap(chance, depth);
	}
}

function someMap(chance: Chance, depth: number): CborValue {
	const keys = ["a", "type", "v", "logId", "__proto__", "toString", ""];
	return Object.fromEntries(
		Array.from({ length: below(chance, 4) }, () => [pick(chance, keys), someValue(chance, depth + 1)] as const),
	);
}

type Fields = { readonly [key: string]: CborValue | undefined };

/** A message with one field missing, added, replaced, or of another length. */
export function mutateFields(chance: Chance, fields: Fields): Bytes {
	const mutated: { [key: string]: CborValue | undefined } = { ...fields };
	const key = pick(chance, Object.keys(fields));
	const value = fields[key];
	switch (below(chance, 4)) {
		case 0:
			delete mutated[key];
			break;
		case 1:
			mutated[pick(chance, ["extra", "V", "logid", "constructor", ""])] = someValue(chance);
			break;
		case 2:
			mutated[key] = someValue(chance);
			break;
		default:
			mutated[key] = value instanceof Uint8Array ? mutateBytes(chance, value) : someValue(chance);
	}
	return encodeCbor(mutated);
}

/** Bytes that are CBOR, or nearly, in ways that ours never is. */
export function strangeCbor(chance: Chance): Bytes {
	const nesting = 1 + below(chance, 400);
	return pick(chance, [
		// Arrays in arrays, maps in maps, tags on tags.
		Uint8Array.from([...repeated(nesting, [0x81]), 0x00]),
		Uint8Array.from([...repeated(nesting, [0xa1, 0x61, 0x61]), 0x00]),
		Uint8Array.from([...repeated(nesting, [0xc1]), 0x00]),
		// A length that promises more than ever comes: bytes, text, array, map.
		...[0x5b, 0x7b, 0x9b, 0xbb].map((head) => Uint8Array.from([head, 0, 0, 0, 1, 0, 0, 0, 0])),
		...[0x5a, 0x9a, 0xba].map((head) => Uint8Array.from([head, 255, 255, 255, 255])),
		// Indefinite lengths, a key twice, floats, undefined, simple values, trailing bytes.
		Uint8Array.from([0xbf, 0x61, 0x76, 0x01, 0xff]),
		Uint8Array.from([0xa2, 0x61, 0x76, 0x01, 0x61, 0x76, 0x01]),
		Uint8Array.from([0xa1, 0x61, 0x76, 0xf9, 0x3c, 0x00]),
		Uint8Array.from([0xa1, 0x61, 0x76, 0xf7]),
		Uint8Array.from([0xf8, below(chance, 256)]),
		Uint8Array.from([0xa1, 0x61, 0x76, 0x01, 0x00]),
		// The shortest form is the only one: 1 in two bytes.
		Uint8Array.from([0xa1, 0x61, 0x76, 0x18, 0x01]),
	]);
}

function repeated(times: number, bytes: readonly number[]): readonly number[] {
	return Array.from({ length: times }, () => bytes).flat();
}
