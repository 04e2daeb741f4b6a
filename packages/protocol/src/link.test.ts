import { bytesToBase64url, equalBytes, Secret } from "@sotto/bytes";
import { parseLogId, type ReadCap } from "@sotto/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ContactLink, formatLink, parseLink } from "./link.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const links = fc
	.record({
		host: fc.constantFrom("https://sotto.example", "http://localhost:8080", "https://a.b/sub"),
		logId: bytes32,
		readCap: bytes32,
		k: bytes32,
	})
	.map(({ host, logId, readCap, k }): ContactLink => {
		const id = parseLogId(logId);
		if (!id.ok) throw new Error("32 bytes");
		return { host, logId: id.value, readCap: new Secret(readCap) as ReadCap, k: new Secret(k) };
	});

const same = (one: Secret, other: Secret) => one.use((a) => other.use((b) => equalBytes(a, b)));

test("P1: a link comes back from its text, also with the blanks and breaks that mail programs add", () => {
	fc.assert(
		fc.property(links, fc.nat(90), (link, at) => {
			const text = formatLink(link);
			for (const spelled of [text, ` ${text}\n`, `${text.slice(0, at)}\r\n ${text.slice(at)}`]) {
				const parsed = parseLink(spelled);
				if (!parsed.ok) throw new Error(parsed.error);
				expect(parsed.value.host).toBe(link.host);
				expect(parsed.value.logId).toEqual(link.logId);
				expect(same(parsed.value.readCap, link.readCap) && same(parsed.value.k, link.k)).toBe(true);
			}
		}),
	);
});

test("a link that lost characters is incomplete, one of a newer version says so, other text is no link", () => {
	fc.assert(
		fc.property(links, fc.integer({ min: 1, max: 129 }), (link, cut) => {
			const text = formatLink(link);
			const parsed = parseLink(text.slice(0, -cut));
			expect(parsed.ok).toBe(false);
			if (!parsed.ok) expect(parsed.error).toBe("incomplete");
		}),
	);
	const newer = parseLink(`https://sotto.example/#${bytesToBase64url(new Uint8Array(97).fill(2))}`);
	expect(newer).toEqual({ ok: false, error: "unknownVersion" });
	for (const text of ["", "hello", "https://sotto.example/", "ftp://x/#AA", "https://user@host/#AA", "x".repeat(2000)])
		expect(parseLink(text)).toEqual({ ok: false, error: "notALink" });
});

test("no text makes the parser throw", () => {
	fc.assert(fc.property(fc.string({ maxLength: 1200 }), (text) => typeof parseLink(text).ok === "boolean"));
	fc.assert(fc.property(fc.string(), (text) => typeof parseLink(`https://h/#${text}`).ok === "boolean"));
});
