import type { Bytes } from "./brand.ts";
import { err, ok, type Result } from "./result.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const values = new Map(Array.from(alphabet, (character, value) => [character, value]));

/** RFC 4648 section 5, without padding. */
export function bytesToBase64url(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length; i += 3) {
		const triple = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
		const characters = Math.min(bytes.length - i, 3) + 1;
		for (let k = 0; k < characters; k++) text += alphabet[(triple >> (18 - 6 * k)) & 63];
	}
	return text;
}

/** RFC 4648 section 5, without padding; refuses other characters and non-zero trailing bits, so that each value has one spelling. */
export function base64urlToBytes(text: string, maxBytes = 1 << 20): Result<Bytes, "notBase64url" | "tooLong"> {
	if (text.length > Math.ceil((maxBytes * 4) / 3)) return err("tooLong");
	if (text.length % 4 === 1) return err("notBase64url");
	const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
	let bits = 0;
	let bitCount = 0;
	let at = 0;
	for (const character of text) {
		const value = values.get(character);
		if (value === undefined) return err("notBase64url");
		bits = ((bits << 6) | value) & 0xffff;
		bitCount += 6;
		if (bitCount >= 8) {
			bitCount -= 8;
			bytes[at++] = (bits >> bitCount) & 255;
		}
	}
	if ((bits & ((1 << bitCount) - 1)) !== 0) return err("notBase64url");
	return ok(bytes);
}

export function bytesToHex(bytes: Uint8Array): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function hexToBytes(text: string): Result<Bytes, "notHex"> {
	if (!/^([0-9a-fA-F]{2})*$/.test(text)) return err("notHex");
	return ok(Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}

/** The first 8 hex digits: enough to tell ids apart in a log, useless as an id. */
export function shortId(id: Uint8Array): string {
	return `${bytesToHex(id.subarray(0, 4))}…`;
}
