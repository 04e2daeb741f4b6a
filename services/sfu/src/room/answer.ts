import { simulcastRids } from "@sotto/api";
import { bytesToHex, err, hexToBytes, ok, type Result } from "@sotto/bytes";
import { allowedExtensions, type HeaderExtension, type LayerName, uplinkMids } from "./media-plan.ts";
import type { OfferedLine } from "./offer.ts";

/** Why an answer is refused. */
export type AnswerError =
	| { readonly kind: "tooLarge" }
	| { readonly kind: "wrongLines"; readonly at: number }
	| { readonly kind: "wrongMediaLines" }
	| { readonly kind: "wrongFingerprint" }
	| { readonly kind: "wrongTransport" }
	| { readonly kind: "extensionNotAllowed" }
	| { readonly kind: "tooManyStreams" };

/** All that the room takes from an answer. Candidates are not in it: we never send where a client points. */
export type Answer = {
	readonly iceUfrag: string;
	readonly icePwd: string;
	readonly setup: "active" | "passive";
	/** The RTP streams that it names, RTX among them. */
	readonly streams: readonly AnsweredStream[];
	/** The layers that its camera will come in, low to high; none, if it comes as one stream. */
	readonly layers: readonly LayerName[];
};
export type AnsweredStream = {
	readonly mid: string;
	readonly ssrc: number;
	/** Whether its packets are sent once more on request (RFC 4585, generic NACK). */
	readonly repeats: boolean;
};

/** An answer for 31 seats and two screens has 68 m-lines of up to 25 lines each. */
const maxLines = 3_000;
const maxLineLength = 512;
/** Three layers of a camera, a screen and a microphone, each with its RTX. */
const maxStreams = 16;

/**
 * Reads a client's answer: the m-lines of the offer in its order, the certificate that its join was signed for (K6), no header
 * extension but those allowed, and of all else only what the transport needs, in the form that the RFCs give it.
 */
export function parseAnswer(
	sdp: string,
	offered: readonly OfferedLine[],
	fingerprint: Uint8Array,
): Result<Answer, AnswerError> {
	if (sdp.length > 49_152) return err({ kind: "tooLarge" });
	const lines = sdp.split(/\r?\n/).filter((line) => line !== "");
	if (lines.length > maxLines) return err({ kind: "tooLarge" });
	const wrong = lines.findIndex((line) => line.length > maxLineLength || !/^[a-z]=[\x20-\x7e]*$/.test(line));
	if (wrong >= 0) return err({ kind: "wrongLines", at: wrong });
	const sections = mediaSections(lines);
	const named = sections.slice(1).map((section) => `${kindOf(section)} ${midOf(section)}`);
	if (named.join() !== offered.map(({ kind, mid }) => `${kind} ${mid}`).join()) return err({ kind: "wrongMediaLines" });
	const prints = lines.filter((line) => line.startsWith("a=fingerprint:"));
	if (prints.length === 0 || !prints.every((line) => isFingerprint(line, fingerprint)))
		return err({ kind: "wrongFingerprint" });
	if (!sections.every(hasAllowedExtensions)) return err({ kind: "extensionNotAllowed" });
	const streams = sections.flatMap(streamsOf);
	if (streams.length > maxStreams) return err({ kind: "tooManyStreams" });
	// Everything is on one transport, so the first of each holds for all (RFC 9143 section 7.1.3). Forms: RFC 8839 section 5.4.
	const iceUfrag = firstValue(lines, /^a=ice-ufrag:([A-Za-z0-9+/]{4,256})$/);
	const icePwd = firstValue(lines, /^a=ice-pwd:([A-Za-z0-9+/]{22,256})$/);
	const setup = firstValue(lines, /^a=setup:(active|passive)$/);
	if (iceUfrag === undefined || icePwd === undefined || setup === undefined) return err({ kind: "wrongTransport" });
	return ok({
		iceUfrag,
		icePwd,
		setup: setup === "active" ? "active" : "passive",
		streams,
		layers: layersOf(sections),
	});
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

function kindOf(section: readonly string[]): string {
	return section[0]?.slice(2).split(" ", 1)[0] ?? "";
}

function midOf(section: readonly string[]): string {
	return section.find((line) => line.startsWith("a=mid:"))?.slice(6) ?? "";
}

function firstValue(lines: readonly string[], pattern: RegExp): string | undefined {
	for (const line of lines) {
		const value = pattern.exec(line)?.[1];
		if (value !== undefined) return value;
	}
	return undefined;
}

/** What it sends. Firefox names an SSRC also for each line on which it only receives. */
function streamsOf(section: readonly string[]): readonly AnsweredStream[] {
	const mid = midOf(section);
	if (!Object.values(uplinkMids).some((uplink) => uplink === mid)) return [];
	const repeats = section.some((line) => /^a=rtcp-fb:\d{1,3} nack$/.test(line));
	const ssrcs = section.flatMap((line) => /^a=ssrc:(\d{1,10}) /.exec(line)?.[1] ?? []);
	const known = [...new Set(ssrcs.map(Number))].filter((ssrc) => ssrc <= 0xffff_ffff);
	return known.map((ssrc) => ({ mid, ssrc, repeats }));
}

/** RFC 8853 section 5.1, without alternatives: we offer none. A `~` says that the layer begins paused. */
function layersOf(sections: readonly (readonly string[])[]): readonly LayerName[] {
	const camera = sections.find((section) => midOf(section) === uplinkMids.camera) ?? [];
	const sent =
		firstValue(camera, /^a=simulcast:send ([a-z~;]{1,16})$/)
			?.replaceAll("~", "")
			.split(";") ?? [];
	const named = simulcastRids.filter((rid) => sent.includes(rid));
	return named.length > 1 ? named : [];
}

function hasAllowedExtensions(section: readonly string[]): boolean {
	const allowed = allowedExtensions(midOf(section));
	return negotiatedExtensions(section).every((extension) =>
		allowed.some(({ id, uri }) => id === extension.id && uri === extension.uri),
	);
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
