import { err, hexToBytes, ok, type Bytes, type Result } from "@sotto/bytes";

/** The SHA-256 fingerprint that an SDP names for its certificate: 32 bytes. */
export function sdpFingerprint(sdp: string): Result<Bytes, "noFingerprint"> {
	const match = /^a=fingerprint:sha-256 ([0-9A-Fa-f:]{95})\s*$/m.exec(sdp);
	const bytes = hexToBytes((match?.[1] ?? "").replaceAll(":", ""));
	return bytes.ok && bytes.value.length === 32 ? ok(bytes.value) : err("noFingerprint");
}

/**
 * An SDP without candidates: the sfu learns where we are from the packets that reach it, so our local addresses (and a
 * computer's name in the mDNS ones) are no business of it.
 */
export function withoutCandidates(sdp: string): string {
	return sdp
		.split("\r\n")
		.filter((line) => !line.startsWith("a=candidate:") && line !== "a=end-of-candidates")
		.join("\r\n");
}

/**
 * An answer by which lost sound is asked for and sent once more (RFC 4585 NACK), as the offer allows. Browsers can for sound what they
 * do for pictures, but do not say so by themselves; one that cannot leaves the line unread.
 */
export function askingForSound(sdp: string): string {
	const sections = sdp.split(/^(?=m=)/m);
	return sections
		.map((section) => {
			const type = /^a=rtpmap:(\d+) opus\//m.exec(section)?.[1];
			if (type === undefined || new RegExp(`^a=rtcp-fb:${type} nack\\s*$`, "m").test(section)) return section;
			return section.replace(/^a=rtpmap:\d+ opus\/.*\r\n/m, (line) => `${line}a=rtcp-fb:${type} nack\r\n`);
		})
		.join("");
}
