import { bytesToHex, err, hexToBytes, ok, type Result } from "@sotto/bytes";
import { allowedExtensions, type HeaderExtension, uplinkMids } from "./media-plan.ts";
import type { AnnouncedLayer } from "./source.ts";

/** Why an answer is refused before the native parser sees it. */
export type AnswerError =
	| { readonly kind: "tooLarge" }
	| { readonly kind: "wrongLines"; readonly at: number }
	| { readonly kind: "wrongMediaLines" }
	| { readonly kind: "wrongFingerprint" }
	| { readonly kind: "extensionNotAllowed" }
	| { readonly kind: "wrongLayers" };

/** An answer for 31 seats and two screens has 66 m-lines of up to 25 lines each. */
const maxLines = 3_000;
const maxLineLength = 512;

/** The only kinds of line that pass on to the native parser; candidates do not: we never send where a client points. */
const keptLine =
	/^(v=0|o=[-.\w]+ \d+ \d+ IN IP[46] [\w.:]+|s=-|t=0 0|c=IN IP[46] [\w.:]+|m=(audio|video|application) \d+ [A-Z/]+( [\w-]+)+|a=(group:BUNDLE|mid|setup|ice-ufrag|ice-pwd|fingerprint|rtpmap|fmtp|rtcp-fb|extmap|ssrc|ssrc-group|sctp-port|max-message-size)[: ][\x20-\x7e]+|a=(rtcp-mux|rtcp-rsize|sendonly|recvonly|sendrecv|inactive))$/;

/** Lines that a browser writes and that we leave out. */
const droppedLine = /^(a=|b=)[\x20-\x7e]*$/;

/**
 * Reduces a client's answer to what the room needs: lines of known form, no candidates, the m-lines of the offer in its order,
 * the certificate that its join was signed for (K6), and no header extension but those allowed. The SSRCs of the camera's
 * `layers` are added: no answer of Chromium's names them, and the transport drops what it was not told of.
 */
export function checkAnswer(
	sdp: string,
	offer: string,
	fingerprint: Uint8Array,
	layers: readonly AnnouncedLayer[] = [],
): Result<string, AnswerError> {
	if (sdp.length > 49_152) return err({ kind: "tooLarge" });
	const lines = sdp.split(/\r?\n/).filter((line) => line !== "");
	if (lines.length > maxLines) return err({ kind: "tooLarge" });
	const kept: string[] = [];
	for (const [at, line] of lines.entries()) {
		if (line.length > maxLineLength) return err({ kind: "wrongLines", at });
		if (keptLine.test(line)) kept.push(line);
		else if (!droppedLine.test(line)) return err({ kind: "wrongLines", at });
	}
	if (mediaLines(kept).join() !== mediaLines(offer.split("\r\n")).join()) return err({ kind: "wrongMediaLines" });
	const prints = kept.filter((line) => line.startsWith("a=fingerprint:"));
	if (prints.length === 0 || !prints.every((line) => isFingerprint(line, fingerprint)))
		return err({ kind: "wrongFingerprint" });
	const sections = mediaSections(kept);
	if (!sections.every(hasAllowedExtensions)) return err({ kind: "extensionNotAllowed" });
	const ssrcs = layers.flatMap(({ ssrc, rtxSsrc }) => (rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc]));
	const rids = new Set(layers.map(({ rid }) => rid));
	if (new Set(ssrcs).size !== ssrcs.length || rids.size !== layers.length) return err({ kind: "wrongLayers" });
	return ok(`${sections.flatMap((section) => withSsrcs(section, ssrcs)).join("\r\n")}\r\n`);
}

/** The lines before the first m-line, then those of each m-line. */
function mediaSections(lines: readonly string[]): string[][] {
	const sections: string[][] = [[]];
	for (const line of lines) {
		if (line.startsWith("m=")) sections.push([]);
		sections.at(-1)?.push(line);
	}
	return sections;
}

function midOf(section: readonly string[]): string {
	return section.find((line) => line.startsWith("a=mid:"))?.slice(6) ?? "";
}

function hasAllowedExtensions(section: readonly string[]): boolean {
	const allowed = allowedExtensions(midOf(section));
	return negotiatedExtensions(section).every((extension) =>
		allowed.some(({ id, uri }) => id === extension.id && uri === extension.uri),
	);
}

function withSsrcs(section: readonly string[], ssrcs: readonly number[]): readonly string[] {
	if (midOf(section) !== uplinkMids.camera) return section;
	const missing = ssrcs.filter((ssrc) => !section.some((line) => line.startsWith(`a=ssrc:${ssrc} `)));
	return [...section, ...missing.map((ssrc) => `a=ssrc:${ssrc} cname:camera`)];
}

/** Kind and mid of each m-line, in order: `audio ua`. */
function mediaLines(lines: readonly string[]): string[] {
	const found: string[] = [];
	for (const line of lines) {
		if (line.startsWith("m=")) found.push(line.slice(2, line.indexOf(" ")));
		if (line.startsWith("a=mid:") && found.length > 0) found[found.length - 1] += ` ${line.slice(6)}`;
	}
	return found;
}

function isFingerprint(line: string, fingerprint: Uint8Array): boolean {
	const match = /^a=fingerprint:sha-256 ([0-9A-Fa-f:]{95})$/.exec(line);
	const bytes = hexToBytes((match?.[1] ?? "").replaceAll(":", ""));
	return bytes.ok && bytesToHex(bytes.value) === bytesToHex(fingerprint);
}

/** Every header extension that an SDP names: the id and the URI. */
export function negotiatedExtensions(lines: readonly string[]): HeaderExtension[] {
	return lines.flatMap((line) => {
		const match = /^a=extmap:(\d+)(?:\/\w+)? (\S+)/.exec(line);
		if (match !== null) return [{ id: Number(match[1]), uri: match[2] as string }];
		return line.startsWith("a=extmap:") ? [{ id: -1, uri: line }] : [];
	});
}

/** The offer with one candidate for each address that clients are to reach us at, in place of what the machine found. */
export function withCandidates(offer: string, addresses: readonly string[], port: number): string {
	// RFC 8445 5.1.2.1: host candidates, the first address preferred.
	const candidates = addresses.map((address, index) => {
		const priority = 126 * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
		return `a=candidate:${index + 1} 1 UDP ${priority} ${address} ${port} typ host`;
	});
	const lines = offer
		.split("\r\n")
		.filter((line) => !line.startsWith("a=candidate:") && line !== "a=end-of-candidates");
	let placed = false;
	return lines
		.flatMap((line) => {
			if (placed || !line.startsWith("a=mid:")) return [line];
			placed = true;
			return [line, ...candidates, "a=end-of-candidates"];
		})
		.join("\r\n");
}
