import { base64urlToBytes, type Bytes, bytesToBase64url, concat, err, ok, type Result, Secret } from "@sotto/bytes";
import { type LogId, parseLogId, type ReadCap } from "@sotto/crypto";

/** What a contact link carries (P1): where the profile is, the right to read it, and the key that commits to its owner. */
export type ContactLink = {
	/** Base URL of the server the link was made for, such as `https://sotto.example`; no trailing slash. */
	readonly host: string;
	readonly logId: LogId;
	readonly readCap: ReadCap;
	/** `H("sotto link", accountPublicKey, r)`. */
	readonly k: Secret;
};

export type LinkError = "notALink" | "incomplete" | "unknownVersion";

const version = 1;
const codeBytes = 1 + 32 + 32 + 32;
const maxLinkLength = 1000;

/** `HOST/#<base64url(version || logId || readCap || k)>`: 97 bytes behind the `#`, which browsers never send. */
export function formatLink(link: ContactLink): string {
	const code = link.readCap.use((readCap) =>
		link.k.use((k) => concat(new Uint8Array([version]), link.logId, readCap, k)),
	);
	return `${link.host}/#${bytesToBase64url(code)}`;
}

/**
 * Parses what a person pasted: blanks and line breaks that mail programs add are removed first. Errors: `notALink` (no
 * `http(s)://…/#…`), `incomplete` (cut off or altered), `unknownVersion` (made by a newer Sotto).
 */
export function parseLink(text: string): Result<ContactLink, LinkError> {
	if (text.length > maxLinkLength) return err("notALink");
	const match = /^(https?:\/\/[^/?#@]+(?:\/[^?#]*)?)\/?#(.*)$/i.exec(text.replace(/\s+/g, ""));
	if (match === null) return err("notALink");
	const code = base64urlToBytes(match[2] as string, 1024);
	if (!code.ok || code.value.length === 0) return err("incomplete");
	if (code.value[0] !== version) return err("unknownVersion");
	if (code.value.length !== codeBytes) return err("incomplete");
	const part = (at: number): Bytes => (code.value as Bytes).slice(at, at + 32);
	const logId = parseLogId(part(1));
	if (!logId.ok) return err("incomplete");
	const host = (match[1] as string).replace(/\/+$/, "");
	return ok({ host, logId: logId.value, readCap: new Secret(part(33)) as ReadCap, k: new Secret(part(65)) });
}
