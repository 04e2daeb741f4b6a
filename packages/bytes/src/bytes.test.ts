import fc from "fast-check";
import { expect, test } from "vitest";
import {
	base64urlToBytes,
	bytesShape,
	bytesToBase64url,
	bytesToHex,
	compareBytes,
	decodeCbor,
	encodeCbor,
	equalBytes,
	hexToBytes,
	integerShape,
	mapShape,
	optional,
	padTo,
	parseCbor,
	recordSizeFor,
	Secret,
	textShape,
	unpad,
} from "./index.ts";

const anyBytes = fc.uint8Array({ maxLength: 200 });

test("base64url and hex return what went in", () => {
	fc.assert(
		fc.property(anyBytes, (bytes) => {
			expect(base64urlToBytes(bytesToBase64url(bytes))).toEqual({ ok: true, value: bytes });
			expect(hexToBytes(bytesToHex(bytes))).toEqual({ ok: true, value: bytes });
			expect(bytesToBase64url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
		}),
	);
});

test("base64url refuses foreign characters, bad lengths and a second spelling of one value", () => {
	for (const text of ["a", "a+bc", "AAAA=", "AB", "\u0000AAA"]) expect(base64urlToBytes(text).ok).toBe(false);
	expect(base64urlToBytes("AAAA", 2)).toEqual({ ok: false, error: "tooLong" });
});

test("padding returns what went in, and refuses a padding byte that is not zero", () => {
	fc.assert(
		fc.property(anyBytes, (bytes) => {
			expect(unpad(padTo(bytes, 2048))).toEqual({ ok: true, value: bytes });
		}),
	);
	const padded = padTo(new Uint8Array([1]), 2048);
	padded[2047] = 1;
	expect(unpad(padded).ok).toBe(false);
	expect(unpad(new Uint8Array([255, 255, 255, 255, 0])).ok).toBe(false);
});

test("a record takes the smallest of nine sizes", () => {
	expect(recordSizeFor(1)).toEqual({ ok: true, value: 2048 });
	expect(recordSizeFor(2049)).toEqual({ ok: true, value: 4096 });
	expect(recordSizeFor(524289).ok).toBe(false);
});

test("no bytes make the CBOR decoder throw, and what it accepts it spells the same way", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
			const decoded = decodeCbor(bytes);
			if (decoded.ok) expect(equalBytes(encodeCbor(decoded.value), bytes)).toBe(true);
		}),
		{ numRuns: 2000 },
	);
	expect(decodeCbor(new Uint8Array(100_000).fill(0x81)).ok).toBe(false);
});

test("CBOR refuses long spellings, duplicate keys, unsorted keys and trailing bytes", () => {
	for (const hex of ["1801", "a2616101616101", "a2616201616101", "0000", "9f01ff", "f97e00"]) {
		const bytes = hexToBytes(hex);
		expect(bytes.ok && decodeCbor(bytes.value).ok, hex).toBe(false);
	}
});

test("a map shape names where the first fault is and refuses unknown keys", () => {
	const shape = mapShape({ id: bytesShape(2, 2), count: integerShape(0, 9), note: optional(textShape(4)) });
	const id = new Uint8Array([1, 2]);
	expect(parseCbor(shape, encodeCbor({ id, count: 3 }))).toEqual({ ok: true, value: { id, count: 3 } });
	expect(parseCbor(shape, encodeCbor({ id, count: 10 }))).toEqual({
		ok: false,
		error: { kind: "wrongShape", at: "body.count" },
	});
	expect(parseCbor(shape, encodeCbor({ id, count: 1, more: 1 })).ok).toBe(false);
	expect(parseCbor(shape, encodeCbor({ id, count: 1, note: "long!" })).ok).toBe(false);
	expect(parseCbor(shape, encodeCbor({ count: 1 })).ok).toBe(false);
	expect(parseCbor(shape, encodeCbor([id])).ok).toBe(false);
});

test("comparison is lexicographic and equality is exact", () => {
	expect([new Uint8Array([2]), new Uint8Array([1, 9]), new Uint8Array([1])].sort(compareBytes)).toEqual([
		new Uint8Array([1]),
		new Uint8Array([1, 9]),
		new Uint8Array([2]),
	]);
	expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false);
});

test("a secret does not print", async () => {
	const { inspect } = await import("node:util");
	const secret = new Secret(new Uint8Array([0xde, 0xad]));
	const printed = `${String(secret)} ${JSON.stringify({ secret })} ${inspect(secret, { showHidden: true })}`;
	expect(printed).not.toMatch(/dead|222|173/);
});
