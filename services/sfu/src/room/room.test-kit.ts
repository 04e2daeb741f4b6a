import { createRtpView, isRtcp, readRtp, type RtpView } from "../rtp/packet.ts";
import { readRtcp } from "../rtp/rtcp.ts";
import { rtpPacket } from "../rtp/rtp.test-kit.ts";
import { payloadTypes } from "./media-plan.ts";
import { Participant } from "./participant.ts";
import { Room } from "./room.ts";

/** What everybody's answer names: microphone, camera and its RTX, screen. */
const answered = [
	{ mid: "ua", ssrc: 11, repeats: true },
	{ mid: "uv", ssrc: 12, repeats: true },
	{ mid: "uv", ssrc: 13, repeats: true },
	{ mid: "us", ssrc: 22, repeats: true },
];

/** A room with members whose outgoing packets and roster frames are kept. */
export function openRoom(names: readonly string[], seats = 3) {
	const seatEvents: string[] = [];
	const screenEvents: string[] = [];
	const wishes: string[] = [];
	const wanted: string[] = [];
	const room = new Room(31, {
		seat: (viewer, seat) =>
			void seatEvents.push(`${viewer.key} sees ${seat.occupant?.key ?? "nobody"} in ${seat.index}`),
		screen: (viewer, { index, occupant }) =>
			void screenEvents.push(`${viewer.key} sees the screen of ${occupant?.key ?? "nobody"} in ${index}`),
		seatsWanted: ({ key }, count) => void wishes.push(`${key}: ${count}`),
		wanted: ({ key }, { camera, screen }) => void wanted.push(`${key}: ${camera}${screen ? " and screen" : ""}`),
	});
	const members = new Map(
		names.map((name, index) => {
			const sent: Buffer[] = [];
			const roster: Uint8Array[] = [];
			const ssrcs = Array.from({ length: seats }, (_, seat) => {
				const base = (index + 1) * 1_000_000 + seat * 100;
				return { audio: base + 1, video: base + 2, videoRtx: base + 3 };
			});
			const screens = [0, 1].map((screen) => {
				const base = (index + 1) * 1_000_000 + 500_000 + screen * 100;
				return { video: base + 2, videoRtx: base + 3 };
			});
			const send = (packet: Buffer) => void sent.push(Buffer.from(packet));
			const participant = new Participant(name, ssrcs, screens, send, () => 100 * index);
			participant.announce(answered, []);
			return [name, { participant, sent, roster, ssrcs, screens }] as const;
		}),
	);
	const member = (name: string) => {
		const found = members.get(name);
		if (found === undefined) throw new Error(name);
		return found;
	};
	const enter = (name: string, now = 0) =>
		room.enter(member(name).participant, (frame) => void member(name).roster.push(frame), now);
	/** The m-line of an SSRC in a member's connection. */
	const midOf = (name: string, ssrc: number) => {
		const { ssrcs, screens } = member(name);
		const downlinks = [
			...ssrcs.flatMap(({ audio, video, videoRtx }, seat) => [
				{ mid: `a${seat}`, ssrc: audio },
				...[video, videoRtx].map((own) => ({ mid: `v${seat}`, ssrc: own })),
			]),
			...screens.map(({ video }, screen) => ({ mid: `s${screen}`, ssrc: video })),
		];
		return [...answered, ...downlinks].find((stream) => stream.ssrc === ssrc)?.mid;
	};
	const mediaTo = (name: string) =>
		member(name).sent.flatMap((packet) => {
			const view = createRtpView();
			if (isRtcp(packet) || !readRtp(packet, view)) return [];
			return [{ mid: midOf(name, view.ssrc), packet, view: { ...view } as RtpView }];
		});
	const rtcpTo = (name: string) =>
		member(name).sent.flatMap((packet) =>
			isRtcp(packet)
				? readRtcp(packet).map((item) => ({ mid: "ssrc" in item ? midOf(name, item.ssrc) : undefined, ...item }))
				: [],
		);
	return { room, member, enter, mediaTo, rtcpTo, seatEvents, screenEvents, wishes, wanted };
}

export const opus = (sequence: number, payload?: Uint8Array) =>
	rtpPacket({
		payloadType: payloadTypes.opus,
		sequence,
		timestamp: sequence * 960,
		ssrc: 11,
		transportSequence: sequence,
		...(payload === undefined ? {} : { payload }),
	});
/** A packet of a picture: a key frame of one packet, or of a frame that builds on the one before. */
export const vp9 = (sequence: number, isKeyFrame = false, ssrc = 12, rid?: string) =>
	rtpPacket({
		rid,
		payloadType: payloadTypes.vp9,
		sequence,
		timestamp: sequence * 3000,
		ssrc,
		transportSequence: sequence,
		// I, P, L, B, E; picture id of 15 bits, layer indices, TL0PICIDX (RFC 9628 section 4.2).
		payload: Buffer.from([
			isKeyFrame ? 0xac : 0xec,
			0x80 | (sequence >> 8),
			sequence & 0xff,
			0x10,
			sequence & 0xff,
			9,
			9,
		]),
	});
