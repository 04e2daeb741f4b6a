import type { RoomEvent, WireParticipantId } from "@sotto/api";
import type { Bytes } from "@sotto/bytes";
import type { PeerLoss } from "../../media/rejoin.ts";
import { createRoom, openSignal, type Signal } from "../../media/signal.ts";
import { audioStream, cameraStream } from "../../media/streams.ts";
import type { FrameProtection } from "./protection.ts";
import { sdpFingerprint, withoutCandidates } from "./sdp.ts";

/** What is needed to join a room, again and again. */
export type RoomAccess = {
	/** Where the room is created (http or https) and joined (ws or wss). */
	readonly createUrl: string;
	readonly joinUrl: string;
	readonly joinPublicKey: Bytes;
	/** Signs `joinSignedMessage` with the room's private key, under `joinSignatureLabel` (K6). */
	readonly signJoin: (nonce: Bytes, participantId: Bytes, fingerprint: Bytes) => Promise<Bytes>;
};

export type PeerEvents = {
	/** The protection's number for this joining. */
	readonly onBegun: (session: number) => void;
	/** Media and roster channel are up. */
	readonly onConnected: () => void;
	readonly onSeat: (seat: number, participantId: Bytes | undefined) => void;
	readonly onRoster: (frame: Bytes) => void;
	/** Once; the peer is closed then. */
	readonly onLost: (loss: PeerLoss) => void;
};

export type Seat = { readonly audio: MediaStreamTrack; readonly video: MediaStreamTrack };

/** One joining of a room: one participant id, one certificate, one PeerConnection. */
export type Peer = {
	readonly participantId: () => Bytes | undefined;
	readonly seats: () => readonly Seat[];
	/** What is sent from now on; takes effect once the worker has a key. */
	readonly setTracks: (tracks: LocalTracks) => void;
	readonly sendRoster: (frame: Bytes) => boolean;
	readonly stats: () => Promise<RTCStatsReport | undefined>;
	readonly close: () => void;
};

export type LocalTracks = {
	readonly audio: MediaStreamTrack | undefined;
	readonly camera: MediaStreamTrack | undefined;
};

/** Enough for 720p; the estimate goes below it by itself. */
const maxCameraBitsPerSecond = 1_500_000;
/** A connection that has been broken for this long does not mend: join anew. */
const brokenForMs = 2_500;

/** Joins once. Whatever goes wrong ends in one `onLost`. */
export function openPeer(
	access: RoomAccess,
	protection: FrameProtection,
	tracks: LocalTracks,
	events: PeerEvents,
): Peer {
	const aborted = new AbortController();
	const seats: Seat[] = [];
	let localTracks = tracks;
	let connection: RTCPeerConnection | undefined;
	let signal: Signal | undefined;
	let roster: RTCDataChannel | undefined;
	let participantId: Bytes | undefined;
	let senders: { readonly audio: RTCRtpSender; readonly camera: RTCRtpSender } | undefined;
	let isOver = false;
	let isSendingAllowed = false;
	let isConnected = false;

	function close(): void {
		isOver = true;
		aborted.abort();
		signal?.close();
		connection?.close();
	}
	function lose(loss: PeerLoss): void {
		if (isOver) return;
		close();
		events.onLost(loss);
	}
	function applyTracks(): void {
		if (senders === undefined || !isSendingAllowed || isOver) return;
		const failed = () => lose({ kind: "transport" });
		senders.audio.replaceTrack(localTracks.audio ?? null).catch(failed);
		senders.camera.replaceTrack(localTracks.camera ?? null).catch(failed);
	}
	function watch(peer: RTCPeerConnection): void {
		let brokenTimer: ReturnType<typeof setTimeout> | undefined;
		const report = () => {
			if (isOver || isConnected || peer.connectionState !== "connected" || roster?.readyState !== "open") return;
			isConnected = true;
			events.onConnected();
		};
		peer.addEventListener("connectionstatechange", () => {
			clearTimeout(brokenTimer);
			report();
			if (peer.connectionState === "failed") lose({ kind: "transport" });
			if (peer.connectionState === "disconnected")
				brokenTimer = setTimeout(() => lose({ kind: "transport" }), brokenForMs);
		});
		peer.addEventListener("datachannel", ({ channel }) => {
			roster = channel;
			channel.binaryType = "arraybuffer";
			channel.addEventListener("open", report);
			channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
				if (!isOver && data instanceof ArrayBuffer) events.onRoster(new Uint8Array(data));
			});
			report();
		});
	}
	async function answer(sdp: string, session: number, peer: RTCPeerConnection): Promise<void> {
		await peer.setRemoteDescription({ type: "offer", sdp });
		// In this same turn, before anything can be encoded or decoded: protection on every sender and receiver.
		senders = protectTransceivers(peer, protection, session, seats, senders);
		await peer.setLocalDescription();
		if (isOver) return;
		await limitCamera(senders.camera);
		signal?.answer(withoutCandidates(peer.localDescription?.sdp ?? ""));
		await protection.ready(session);
		isSendingAllowed = true;
		applyTracks();
	}
	function heard(event: RoomEvent, session: number, join: (nonce: Bytes) => Promise<void>): void {
		const failed = () => lose({ kind: "transport" });
		switch (event.type) {
			case "nonce":
				return void join(event.nonce).catch(failed);
			case "offer":
				if (connection !== undefined) answer(event.sdp, session, connection).catch(failed);
				return;
			case "seat":
				protection.seat(session, event.seat, event.participantId);
				return events.onSeat(event.seat, event.participantId);
			case "refused":
				return lose({ kind: "refused", code: event.code });
			case "gone":
				return lose({ kind: "gone", reason: event.reason });
			case "screen":
			case "wanted":
			case "pong":
				return;
		}
	}
	async function start(): Promise<void> {
		const [begun, certified, room] = await Promise.all([
			protection.begin(),
			freshCertificate(),
			createRoom(access.createUrl, access.joinPublicKey, aborted.signal),
		]);
		if (isOver) return;
		if (!room.ok) return lose(room.error);
		participantId = begun.participantId;
		events.onBegun(begun.session);
		connection = new RTCPeerConnection({ certificates: [certified.certificate], ...protection.connectionFlags });
		watch(connection);
		const join = async (nonce: Bytes) => {
			const signature = await access.signJoin(nonce, begun.participantId, certified.fingerprint);
			signal?.join({
				roomId: room.value,
				participantId: begun.participantId as WireParticipantId,
				fingerprint: certified.fingerprint,
				signature,
			});
		};
		const unreachable = () => lose({ kind: "unreachable" });
		signal = openSignal(access.joinUrl, (event) => heard(event, begun.session, join), unreachable);
	}
	start().catch(() => lose({ kind: "transport" }));

	return {
		participantId: () => participantId,
		seats: () => seats,
		setTracks(next) {
			localTracks = next;
			applyTracks();
		},
		sendRoster(frame) {
			if (isOver || roster?.readyState !== "open") return false;
			roster.send(frame);
			return true;
		},
		stats: async () => (isOver ? undefined : connection?.getStats()),
		close,
	};
}

/** A fresh DTLS certificate (K6) and its fingerprint, read from an SDP because Firefox has no getFingerprints. */
async function freshCertificate(): Promise<{ readonly certificate: RTCCertificate; readonly fingerprint: Bytes }> {
	const certificate = await RTCPeerConnection.generateCertificate({
		name: "ECDSA",
		namedCurve: "P-256",
	} as EcKeyGenParams);
	const probe = new RTCPeerConnection({ certificates: [certificate] });
	probe.createDataChannel("probe");
	const { sdp } = await probe.createOffer();
	probe.close();
	const fingerprint = sdpFingerprint(sdp ?? "");
	if (!fingerprint.ok) throw new Error("the browser names no SHA-256 fingerprint");
	return { certificate, fingerprint: fingerprint.value };
}

/** The m-lines are named in docs/spec/media.md: `ua` and `uv` go up; `a<n>` and `v<n>` are seat n. */
function protectTransceivers(
	peer: RTCPeerConnection,
	protection: FrameProtection,
	session: number,
	seats: Seat[],
	already: { readonly audio: RTCRtpSender; readonly camera: RTCRtpSender } | undefined,
): { readonly audio: RTCRtpSender; readonly camera: RTCRtpSender } {
	const byMid = new Map(peer.getTransceivers().map((transceiver) => [transceiver.mid, transceiver]));
	const audio = byMid.get("ua");
	const camera = byMid.get("uv");
	if (audio === undefined || camera === undefined) throw new Error("the offer lacks an uplink");
	// A later offer brings more seats only.
	const uplinks =
		already === undefined
			? ([
					[audio, audioStream],
					[camera, cameraStream],
				] as const)
			: [];
	for (const [transceiver, stream] of uplinks) {
		protection.protectSender(transceiver.sender, session, stream);
		transceiver.direction = "sendonly";
	}
	for (let seat = seats.length; ; seat++) {
		const sound = byMid.get(`a${seat}`);
		const picture = byMid.get(`v${seat}`);
		if (sound === undefined || picture === undefined) break;
		protection.protectReceiver(sound.receiver, session, seat, audioStream);
		protection.protectReceiver(picture.receiver, session, seat, cameraStream);
		seats.push({ audio: sound.receiver.track, video: picture.receiver.track });
	}
	return { audio: audio.sender, camera: camera.sender };
}

async function limitCamera(sender: RTCRtpSender): Promise<void> {
	const parameters = sender.getParameters();
	for (const encoding of parameters.encodings) encoding.maxBitrate = maxCameraBitsPerSecond;
	// Only a bound: a browser that does not take it before negotiation is done sends by its own estimate.
	await sender.setParameters(parameters).catch(() => undefined);
}
