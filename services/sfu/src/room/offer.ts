import { simulcastRids } from "@sotto/api";
import {
	allowedExtensions,
	opusParameters,
	payloadTypes,
	rosterMid,
	screenMid,
	seatMids,
	uplinkMids,
} from "./media-plan.ts";
import type { SeatSsrcs, VideoSsrcs } from "./participant.ts";

/** What a connection's native end tells of itself, and where it is reached. */
export type OfferedTransport = {
	readonly iceUfrag: string;
	readonly icePwd: string;
	/** SHA-256 of its certificate, as SDP writes it. */
	readonly fingerprint: string;
	/** The best first. */
	readonly addresses: readonly string[];
	readonly port: number;
};

/** One m-line of an offer: its mid, and its lines behind those that all have. */
export type OfferedLine = {
	readonly mid: string;
	readonly kind: "audio" | "video" | "application";
	readonly lines: readonly string[];
};

/** The m-lines of a connection's first offer: docs/spec/media.md. */
export function firstLines(seats: readonly SeatSsrcs[], screens: readonly VideoSsrcs[]): readonly OfferedLine[] {
	return [
		{ mid: uplinkMids.audio, kind: "audio", lines: ["a=recvonly", ...opus(true), ...extensions(uplinkMids.audio)] },
		uplinkVideo(uplinkMids.camera, layers()),
		uplinkVideo(uplinkMids.screen, []),
		...seatLines(0, seats),
		...screens.map((ssrcs, index) => downlinkVideo(screenMid(index), `screen${index}`, ssrcs)),
		{ mid: rosterMid, kind: "application", lines: ["a=sctp-port:5000", "a=max-message-size:262144"] },
	];
}

/** The m-lines of further seats, the first of them having the index `from`. */
export function seatLines(from: number, seats: readonly SeatSsrcs[]): readonly OfferedLine[] {
	return seats.flatMap((ssrcs, offset): OfferedLine[] => {
		const stream = `seat${from + offset}`;
		const mids = seatMids(from + offset);
		const lines = [
			"a=sendonly",
			`a=msid:${stream} ${mids.audio}`,
			...opus(false),
			`a=ssrc:${ssrcs.audio} cname:${stream}`,
		];
		return [{ mid: mids.audio, kind: "audio", lines }, downlinkVideo(mids.video, stream, ssrcs)];
	});
}

function uplinkVideo(mid: string, more: readonly string[]): OfferedLine {
	return { mid, kind: "video", lines: ["a=recvonly", ...pictures(true), ...extensions(mid), ...more] };
}

/** RFC 8851 and 8853: the camera may come in three layers, low to high. A client that sends one stream is welcome too. */
function layers(): string[] {
	return [...simulcastRids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${simulcastRids.join(";")}`];
}

/** A seat's sound and picture are of one stream, so that the receiver keeps them together. */
function downlinkVideo(mid: string, stream: string, { video, videoRtx }: VideoSsrcs): OfferedLine {
	const ssrcs = [video, videoRtx].map((ssrc) => `a=ssrc:${ssrc} cname:${stream}`);
	const group = `a=ssrc-group:FID ${video} ${videoRtx}`;
	return { mid, kind: "video", lines: ["a=sendonly", `a=msid:${stream} ${mid}`, ...pictures(false), group, ...ssrcs] };
}

function opus(isUplink: boolean): string[] {
	const lines = [`a=rtpmap:${payloadTypes.opus} opus/48000/2`, `a=fmtp:${payloadTypes.opus} ${opusParameters}`];
	const feedback = ["nack", ...(isUplink ? ["transport-cc"] : [])];
	return [...lines, ...feedback.map((kind) => `a=rtcp-fb:${payloadTypes.opus} ${kind}`)];
}

function pictures(isUplink: boolean): string[] {
	const feedback = ["nack", "nack pli", "goog-remb", ...(isUplink ? ["transport-cc"] : [])];
	const codec = (name: string, type: number, rtxType: number) => [
		`a=rtpmap:${type} ${name}/90000`,
		...feedback.map((kind) => `a=rtcp-fb:${type} ${kind}`),
		`a=rtpmap:${rtxType} rtx/90000`,
		`a=fmtp:${rtxType} apt=${type}`,
	];
	const { vp9, vp9Rtx, vp8, vp8Rtx } = payloadTypes;
	return [...codec("VP9", vp9, vp9Rtx), `a=fmtp:${vp9} profile-id=0`, ...codec("VP8", vp8, vp8Rtx)];
}

function extensions(mid: string): string[] {
	return allowedExtensions(mid).map(({ id, uri }) => `a=extmap:${id} ${uri}`);
}

const formats = {
	audio: `audio 9 UDP/TLS/RTP/SAVPF ${payloadTypes.opus}`,
	video: `video 9 UDP/TLS/RTP/SAVPF ${[payloadTypes.vp9, payloadTypes.vp9Rtx, payloadTypes.vp8, payloadTypes.vp8Rtx].join(" ")}`,
	application: "application 9 UDP/DTLS/SCTP webrtc-datachannel",
} as const;

/** The offer as clients get it (RFC 8829 section 5.2.1): everything on one transport. `version` rises with each offer of a connection. */
export function writeOffer(transport: OfferedTransport, lines: readonly OfferedLine[], version: number): string {
	const { iceUfrag, icePwd, fingerprint } = transport;
	const head = [
		"v=0",
		`o=- 1 ${version} IN IP4 127.0.0.1`,
		"s=-",
		"t=0 0",
		`a=group:BUNDLE ${lines.map(({ mid }) => mid).join(" ")}`,
		"a=msid-semantic:WMS *",
		`a=fingerprint:sha-256 ${fingerprint}`,
	];
	const sections = lines.map(({ mid, kind, lines: own }, index) => [
		`m=${formats[kind]}`,
		"c=IN IP4 0.0.0.0",
		`a=mid:${mid}`,
		"a=setup:actpass",
		`a=ice-ufrag:${iceUfrag}`,
		`a=ice-pwd:${icePwd}`,
		...(kind === "application" ? [] : ["a=rtcp-mux"]),
		...own,
		...(index === 0 ? candidates(transport) : []),
	]);
	return `${[...head, ...sections.flat()].join("\r\n")}\r\n`;
}

/** RFC 8445 5.1.2.1: host candidates, the first address preferred. */
function candidates({ addresses, port }: OfferedTransport): string[] {
	const lines = addresses.map((address, index) => {
		const priority = 126 * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
		return `a=candidate:${index + 1} 1 UDP ${priority} ${address} ${port} typ host`;
	});
	return [...lines, "a=end-of-candidates"];
}
