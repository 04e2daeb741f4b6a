import { Audio, type DataChannel, PeerConnection, Video } from "node-datachannel";
import type { RoomAddresses } from "./addresses.ts";
import { Line } from "./line.ts";
import {
	allowedExtensions,
	opusParameters,
	payloadTypes,
	rosterLabel,
	screenMid,
	seatMids,
	uplinkMids,
} from "./media-plan.ts";
import type { SeatSsrcs, VideoSsrcs } from "./participant.ts";
import type { AnnouncedLayer } from "./source.ts";
import { type AnswerError, checkAnswer, withCandidates } from "./sdp.ts";
import { err, invariant, ok, type Result } from "@sotto/bytes";

export type PeerEvents = {
	readonly offer: (sdp: string) => void;
	/** Connected, and the roster channel is open. */
	readonly open: () => void;
	readonly packet: (mid: string, packet: Buffer) => void;
	readonly roster: (frame: Uint8Array) => void;
	readonly lost: () => void;
};

export type Peer = {
	readonly answer: (
		sdp: string,
		fingerprint: Uint8Array,
		layers: readonly AnnouncedLayer[] | undefined,
	) => Result<void, AnswerError | { readonly kind: "wrongState" }>;
	/** Offers these seats too, the first of them having this index. False, and nothing done, while an offer is unanswered. */
	readonly addSeats: (from: number, seats: readonly SeatSsrcs[]) => boolean;
	/** What sends packets on an m-line; it copies them before it returns. */
	readonly line: (mid: string) => (packet: Buffer) => void;
	readonly sendRoster: (frame: Uint8Array) => void;
	readonly close: () => void;
};

/** Roster frames that a slow receiver has not taken yet: beyond this it misses some, and gets the next ones. */
const maxRosterBacklogBytes = 262_144;

/**
 * One participant's PeerConnection: the sfu offers, with a fresh certificate. Everything native is kept referenced from the
 * returned object until `close`, because the collector would free it under way, and guarded by its state, because calls
 * in the wrong one abort the process (findings.md).
 */
export function openPeer(
	settings: RoomAddresses,
	seats: readonly SeatSsrcs[],
	screens: readonly VideoSsrcs[],
	events: PeerEvents,
): Peer {
	const connection = new PeerConnection("room", {
		iceServers: [],
		...(settings.bindAddress === undefined ? {} : { bindAddress: settings.bindAddress }),
		disableAutoNegotiation: true,
		enableIceUdpMux: true,
		portRangeBegin: settings.port,
		portRangeEnd: settings.port,
	});
	const lines = new Map<string, Line>();
	const addTrack = (media: Audio | Video) => {
		const mid = media.mid();
		const downlink = media instanceof Audio ? "never" : "onceSent";
		const hearing = media.direction() === "RecvOnly" ? "atOnce" : downlink;
		lines.set(mid, new Line(connection.addTrack(media), hearing, (packet) => events.packet(mid, packet)));
	};
	for (const media of [uplinkAudio(), uplinkVideo(uplinkMids.camera), uplinkVideo(uplinkMids.screen)]) addTrack(media);
	for (const media of seats.flatMap((ssrcs, index) => seatMedia(index, ssrcs))) addTrack(media);
	for (const [index, ssrcs] of screens.entries()) addTrack(downlinkVideo(screenMid(index), `screen${index}`, ssrcs));
	const roster = connection.createDataChannel(rosterLabel);
	const layers: readonly AnnouncedLayer[] = [];
	const state = { offer: "", isOffering: false, closed: false, connected: false, layers };

	const opened = () => {
		if (!state.closed && state.connected && roster.isOpen()) events.open();
	};
	connection.onStateChange((value) => {
		if (state.closed) return;
		if (value === "connected") {
			state.connected = true;
			opened();
		}
		if (value === "disconnected" || value === "failed" || value === "closed") events.lost();
	});
	roster.onOpen(opened);
	roster.onMessage((frame) => {
		if (!state.closed && frame instanceof Uint8Array) events.roster(frame);
	});
	const tellOffer = (sdp: string) => {
		state.offer = sdp;
		events.offer(withCandidates(sdp, settings.addresses, settings.port));
	};
	connection.onGatheringStateChange((value) => {
		if (!state.closed && value === "complete" && state.offer === "")
			tellOffer(connection.localDescription()?.sdp ?? "");
	});
	// For a later offer nothing is gathered any more; the description of the first one comes here too.
	connection.onLocalDescription((sdp) => {
		if (state.closed || !state.isOffering) return;
		state.isOffering = false;
		tellOffer(sdp);
	});
	connection.setLocalDescription("offer");

	return {
		answer(sdp, fingerprint, announced) {
			if (state.closed || connection.signalingState() !== "have-local-offer") return err({ kind: "wrongState" });
			// A later answer that names none means those of before.
			const checked = checkAnswer(sdp, state.offer, fingerprint, announced ?? state.layers);
			if (!checked.ok) return checked;
			state.layers = announced ?? state.layers;
			try {
				connection.setRemoteDescription(checked.value, "answer");
			} catch {
				// The native parser refuses by throwing: bad input.
				return err({ kind: "wrongState" });
			}
			return ok();
		},
		addSeats(from, more) {
			if (state.closed || connection.signalingState() !== "stable") return false;
			for (const media of more.flatMap((ssrcs, index) => seatMedia(from + index, ssrcs))) addTrack(media);
			state.isOffering = true;
			connection.setLocalDescription("offer");
			return true;
		},
		line(mid) {
			const line = lines.get(mid);
			invariant(line !== undefined, "a line was added before anything is sent on it");
			return line.send;
		},
		sendRoster(frame) {
			if (state.closed || !roster.isOpen() || roster.bufferedAmount() > maxRosterBacklogBytes) return;
			roster.sendMessageBinary(frame);
		},
		close: () => closePeer(connection, lines, roster, state),
	};
}

function closePeer(
	connection: PeerConnection,
	lines: Map<string, Line>,
	roster: DataChannel,
	state: { closed: boolean },
): void {
	if (state.closed) return;
	state.closed = true;
	for (const line of lines.values()) line.close();
	if (roster.isOpen()) roster.close();
	connection.close();
	// Referenced for a while yet: callbacks that are already queued in native threads name these objects.
	setTimeout(() => lines.clear(), 5_000).unref();
}

function addExtensions(media: Audio | Video): void {
	for (const { id, uri } of allowedExtensions(media.mid())) media.parseSdpLine(`a=extmap:${id} ${uri}`);
}

function uplinkAudio(): Audio {
	const media = new Audio(uplinkMids.audio, "RecvOnly");
	addOpus(media);
	addExtensions(media);
	media.parseSdpLine(`a=rtcp-fb:${payloadTypes.opus} transport-cc`);
	return media;
}

function uplinkVideo(mid: string): Video {
	const media = new Video(mid, "RecvOnly");
	addVideoCodecs(media);
	addExtensions(media);
	for (const payloadType of [payloadTypes.vp9, payloadTypes.vp8])
		media.parseSdpLine(`a=rtcp-fb:${payloadType} transport-cc`);
	return media;
}

function seatMedia(index: number, ssrcs: SeatSsrcs): [Audio, Video] {
	const mids = seatMids(index);
	// One stream id per seat, so that the receiver keeps its sound and picture together.
	const stream = `seat${index}`;
	const audio = new Audio(mids.audio, "SendOnly");
	addOpus(audio);
	audio.addSSRC(ssrcs.audio, stream, stream, mids.audio);
	return [audio, downlinkVideo(mids.video, stream, ssrcs)];
}

function downlinkVideo(mid: string, stream: string, ssrcs: VideoSsrcs): Video {
	const video = new Video(mid, "SendOnly");
	addVideoCodecs(video);
	video.addSSRC(ssrcs.video, stream, stream, mid);
	video.addSSRC(ssrcs.videoRtx, stream, stream, mid);
	video.parseSdpLine(`a=ssrc-group:FID ${ssrcs.video} ${ssrcs.videoRtx}`);
	return video;
}

function addOpus(media: Audio): void {
	media.addAudioCodec(payloadTypes.opus, "opus", opusParameters);
}

/** Adds NACK, PLI and REMB feedback to each codec by itself. */
function addVideoCodecs(media: Video): void {
	media.addVideoCodec(payloadTypes.vp9, "VP9", "profile-id=0");
	media.addRTXCodec(payloadTypes.vp9Rtx, payloadTypes.vp9, 90_000);
	media.addVideoCodec(payloadTypes.vp8, "VP8");
	media.addRTXCodec(payloadTypes.vp8Rtx, payloadTypes.vp8, 90_000);
}
