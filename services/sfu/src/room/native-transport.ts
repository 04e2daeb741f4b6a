import { PeerConnection, Video } from "node-datachannel";
import type { RoomAddresses } from "./addresses.ts";
import type { Answer } from "./answer.ts";
import { payloadTypes, rosterLabel, rosterMid } from "./media-plan.ts";

export type NativeEvents = {
	/** What an offer says of this end: RFC 8839 credentials, and the SHA-256 of its certificate as SDP writes it. */
	readonly ready: (own: { readonly iceUfrag: string; readonly icePwd: string; readonly fingerprint: string }) => void;
	/** Connected, and the roster channel is open. */
	readonly open: () => void;
	/** A decrypted RTP or RTCP packet, of whatever m-line. */
	readonly packet: (packet: Buffer) => void;
	readonly roster: (frame: Uint8Array) => void;
	readonly lost: () => void;
};

export type NativeTransport = {
	/** Goes on with what the client answered; to be called once. False if it came in a wrong state or was refused. */
	readonly connect: (answer: Answer, remoteFingerprint: string) => boolean;
	/** Sends an RTP or RTCP packet, copying it before it returns. Dropped while not connected. */
	readonly send: (packet: Buffer) => void;
	readonly sendRoster: (frame: Uint8Array) => void;
	readonly close: () => void;
};

/** The one m-line that the native side knows. */
const lineMid = "m";
/** Roster frames that a slow receiver has not taken yet: beyond this it misses some, and gets the next ones. */
const maxRosterBacklogBytes = 262_144;

/**
 * ICE, DTLS, SRTP and SCTP of one participant. Towards the native library there is one m-line that sends and receives, however
 * many the client was offered: they share one transport, and which packet belongs to which line is the room's to know by its
 * SSRC. So a packet comes once, each participant has one native track instead of seventy, more seats cost the native
 * side nothing, and RTCP of strangers is not taken apart there (with several tracks the library does, and some of it hangs it).
 *
 * Everything native is kept referenced from the returned object until `close`, because the collector would free it under way,
 * and guarded by its state, because calls in the wrong one abort the process (findings.md).
 */
export function openNativeTransport(settings: RoomAddresses, events: NativeEvents): NativeTransport {
	const connection = new PeerConnection("room", {
		iceServers: [],
		...(settings.bindAddress === undefined ? {} : { bindAddress: settings.bindAddress }),
		disableAutoNegotiation: true,
		enableIceUdpMux: true,
		portRangeBegin: settings.port,
		portRangeEnd: settings.port,
	});
	const media = new Video(lineMid, "SendRecv");
	media.addVideoCodec(payloadTypes.vp9, "VP9");
	const track = connection.addTrack(media);
	const roster = connection.createDataChannel(rosterLabel);
	const state = { isReady: false, isConnecting: false, isConnected: false, canSend: false, isClosed: false };

	track.onMessage((packet) => {
		if (!state.isClosed) events.packet(packet);
	});
	const opened = () => {
		if (!state.isClosed && state.isConnected && roster.isOpen()) events.open();
	};
	connection.onStateChange((value) => {
		if (state.isClosed) return;
		if (value === "connected") {
			state.isConnected = true;
			opened();
		}
		if (value === "disconnected" || value === "failed" || value === "closed") events.lost();
	});
	roster.onOpen(opened);
	roster.onMessage((frame) => {
		if (!state.isClosed && frame instanceof Uint8Array) events.roster(frame);
	});
	connection.onGatheringStateChange((value) => {
		if (state.isClosed || state.isReady || value !== "complete") return;
		state.isReady = true;
		events.ready(ownDescription(connection.localDescription()?.sdp ?? ""));
	});
	connection.setLocalDescription("offer");

	return {
		connect(answer, remoteFingerprint) {
			if (state.isClosed || state.isConnecting || connection.signalingState() !== "have-local-offer") return false;
			state.isConnecting = true;
			try {
				connection.setRemoteDescription(nativeAnswer(answer, remoteFingerprint), "answer");
				return true;
			} catch {
				// The native parser refuses by throwing.
				return false;
			}
		},
		send(packet) {
			if (state.isClosed || !(state.canSend ||= track.isOpen())) return;
			try {
				track.sendMessageBinary(packet);
			} catch {
				// It closed meanwhile, or SRTP refuses the number. Thrown on into the native caller it would abort the process.
				state.canSend = false;
			}
		},
		sendRoster(frame) {
			if (state.isClosed || !roster.isOpen() || roster.bufferedAmount() > maxRosterBacklogBytes) return;
			roster.sendMessageBinary(frame);
		},
		close() {
			if (state.isClosed) return;
			state.isClosed = true;
			if (roster.isOpen()) roster.close();
			connection.close();
			// Referenced for a while yet: callbacks that are already queued in native threads name these objects.
			setTimeout(() => track.isClosed(), 5_000).unref();
		},
	};
}

function ownDescription(sdp: string) {
	const value = (name: string) => new RegExp(`^a=${name}:(\\S+)`, "m").exec(sdp)?.[1] ?? "";
	const fingerprint = /^a=fingerprint:sha-256 (\S+)/m.exec(sdp)?.[1] ?? "";
	return { iceUfrag: value("ice-ufrag"), icePwd: value("ice-pwd"), fingerprint };
}

/** The answer as the native side is told it: of the client's words only what {@link Answer} holds. */
function nativeAnswer({ iceUfrag, icePwd, setup }: Answer, fingerprint: string): string {
	const transport = [
		"c=IN IP4 0.0.0.0",
		`a=setup:${setup}`,
		`a=ice-ufrag:${iceUfrag}`,
		`a=ice-pwd:${icePwd}`,
		`a=fingerprint:sha-256 ${fingerprint}`,
	];
	const media = [`a=mid:${lineMid}`, "a=sendrecv", "a=rtcp-mux", `a=rtpmap:${payloadTypes.vp9} VP9/90000`];
	const lines = [
		"v=0",
		"o=- 1 0 IN IP4 127.0.0.1",
		"s=-",
		"t=0 0",
		`a=group:BUNDLE ${lineMid} ${rosterMid}`,
		`m=video 9 UDP/TLS/RTP/SAVPF ${payloadTypes.vp9}`,
		...transport,
		...media,
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
		...transport,
		`a=mid:${rosterMid}`,
		"a=sctp-port:5000",
		"a=max-message-size:262144",
	];
	return `${lines.join("\r\n")}\r\n`;
}
