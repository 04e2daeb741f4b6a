import type { RoomEvent, WireParticipantId } from "@sotto/api";
import type { Bytes } from "@sotto/bytes";
import type { PeerLoss } from "../../media/rejoin.ts";
import { createRoom, openSignal, type RoomWatch, type Signal } from "../../media/signal.ts";
import { screenPlace } from "../../media/streams.ts";
import { tuneAudio, tuneCamera, tuneScreen, type Wanted } from "./encodings.ts";
import type { FrameProtection } from "./protection.ts";
import { askingForSound, sdpFingerprint, withoutCandidates } from "./sdp.ts";
import { type Downlinks, protectTransceivers, type Uplinks } from "./transceivers.ts";

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
	readonly onScreen: (screen: number, participantId: Bytes | undefined) => void;
	readonly onRoster: (frame: Bytes) => void;
	/** Once; the peer is closed then. */
	readonly onLost: (loss: PeerLoss) => void;
};

/** One joining of a room: one participant id, one certificate, one PeerConnection. */
export type Peer = {
	readonly participantId: () => Bytes | undefined;
	readonly downlinks: Downlinks;
	/** What is sent from now on; takes effect once the worker has a key. */
	readonly setTracks: (tracks: LocalTracks) => void;
	/** How many others are here: fewer layers are encoded for one. */
	readonly setOthers: (others: number) => void;
	readonly watch: (watch: Omit<RoomWatch, "type">) => void;
	readonly sendRoster: (frame: Bytes) => boolean;
	readonly stats: () => Promise<RTCStatsReport | undefined>;
	readonly close: () => void;
};

export type LocalTracks = {
	readonly audio: MediaStreamTrack | undefined;
	readonly camera: MediaStreamTrack | undefined;
	readonly screen: MediaStreamTrack | undefined;
};

/** A connection that has been broken for this long does not mend: join anew. */
const brokenForMs = 2_500;
/** Until the room says otherwise. */
const wantedAtFirst: Wanted = { camera: 3, screen: true, others: 0 };

/** Joins once. Whatever goes wrong ends in one `onLost`. */
export function openPeer(
	access: RoomAccess,
	protection: FrameProtection,
	tracks: LocalTracks,
	events: PeerEvents,
): Peer {
	const aborted = new AbortController();
	const downlinks: Downlinks = { seats: [], screens: [] };
	let localTracks = tracks;
	let wanted = wantedAtFirst;
	let connection: RTCPeerConnection | undefined;
	let signal: Signal | undefined;
	let roster: RTCDataChannel | undefined;
	let begun: { readonly session: number; readonly participantId: Bytes } | undefined;
	let uplinks: Uplinks | undefined;
	let answering: Promise<void> = Promise.resolve();
	let isOver = false;
	let isSendingAllowed = false;
	let isConnected = false;
	let isSharing = false;

	function close(): void {
		isOver = true;
		aborted.abort();
		signal?.close();
		connection?.close();
		if (begun !== undefined) protection.endSession(begun.session);
	}
	function lose(loss: PeerLoss): void {
		if (isOver) return;
		close();
		events.onLost(loss);
	}
	const failed = () => lose({ kind: "transport" });

	function applyTracks(): void {
		if (uplinks === undefined || !isSendingAllowed || isOver) return;
		const { audio, camera, screen } = localTracks;
		uplinks.audio.replaceTrack(audio ?? null).catch(failed);
		uplinks.camera.replaceTrack(camera ?? null).catch(failed);
		uplinks.screen?.replaceTrack(screen ?? null).catch(failed);
		if (isConnected && isSharing !== (screen !== undefined)) {
			isSharing = screen !== undefined;
			signal?.share(isSharing);
		}
	}
	async function tune(): Promise<void> {
		if (uplinks === undefined || isOver) return;
		await tuneCamera(uplinks.camera, wanted);
		if (uplinks.screen !== undefined) await tuneScreen(uplinks.screen, wanted);
	}
	function want(change: Partial<Wanted>): void {
		wanted = { ...wanted, ...change };
		// One change of a sender's parameters after the other.
		answering = answering.then(tune).catch(failed);
	}
	function report(peer: RTCPeerConnection): void {
		if (isOver || isConnected || peer.connectionState !== "connected" || roster?.readyState !== "open") return;
		isConnected = true;
		applyTracks();
		events.onConnected();
	}
	function follow(peer: RTCPeerConnection): void {
		let brokenTimer: ReturnType<typeof setTimeout> | undefined;
		peer.addEventListener("connectionstatechange", () => {
			clearTimeout(brokenTimer);
			report(peer);
			if (peer.connectionState === "failed") failed();
			if (peer.connectionState === "disconnected") brokenTimer = setTimeout(failed, brokenForMs);
		});
		peer.addEventListener("datachannel", ({ channel }) => {
			roster = channel;
			channel.binaryType = "arraybuffer";
			channel.addEventListener("open", () => report(peer));
			channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
				if (!isOver && data instanceof ArrayBuffer) events.onRoster(new Uint8Array(data));
			});
			report(peer);
		});
	}
	/** The first offer, and each that brings more seats: answered on the same connection. */
	async function answer(sdp: string, session: number, peer: RTCPeerConnection): Promise<void> {
		if (isOver) return;
		await peer.setRemoteDescription({ type: "offer", sdp });
		// In this same turn, before anything can be encoded or decoded: protection on every sender and receiver.
		uplinks = protectTransceivers(peer, protection, session, downlinks);
		const own = await peer.createAnswer();
		await peer.setLocalDescription({ type: "answer", sdp: askingForSound(own.sdp ?? "") });
		if (isOver) return;
		const local = peer.localDescription?.sdp ?? "";
		await Promise.all([tune(), tuneAudio(uplinks.audio)]);
		signal?.answer(withoutCandidates(local));
		if (!isSendingAllowed) void protection.ready(session).then(allowSending).catch(failed);
	}
	function allowSending(): void {
		isSendingAllowed = true;
		applyTracks();
	}
	function heard(event: RoomEvent, session: number, join: (nonce: Bytes) => Promise<void>): void {
		switch (event.type) {
			case "nonce":
				return void join(event.nonce).catch(failed);
			case "offer":
				answering = answering
					.then(() => (connection === undefined ? undefined : answer(event.sdp, session, connection)))
					.catch(failed);
				return;
			case "seat":
				protection.seat(session, event.seat, event.participantId);
				return events.onSeat(event.seat, event.participantId);
			case "screen":
				protection.seat(session, screenPlace(event.screen), event.participantId);
				return events.onScreen(event.screen, event.participantId);
			case "wanted":
				return want({ camera: event.camera, screen: event.screen });
			case "refused":
				return lose({ kind: "refused", code: event.code });
			case "gone":
				return lose({ kind: "gone", reason: event.reason });
			case "pong":
				return;
		}
	}
	async function start(): Promise<void> {
		const [session, certified, room] = await Promise.all([
			protection.begin(),
			freshCertificate(),
			createRoom(access.createUrl, access.joinPublicKey, aborted.signal),
		]);
		if (isOver) return protection.endSession(session.session);
		begun = session;
		if (!room.ok) return lose(room.error);
		events.onBegun(session.session);
		connection = new RTCPeerConnection({ certificates: [certified.certificate], ...protection.connectionFlags });
		follow(connection);
		const join = async (nonce: Bytes) => {
			const signature = await access.signJoin(nonce, session.participantId, certified.fingerprint);
			signal?.join({
				roomId: room.value,
				participantId: session.participantId as WireParticipantId,
				fingerprint: certified.fingerprint,
				signature,
			});
		};
		const unreachable = () => lose({ kind: "unreachable" });
		signal = openSignal(access.joinUrl, (event) => heard(event, session.session, join), unreachable);
	}
	start().catch(failed);

	return {
		participantId: () => begun?.participantId,
		downlinks,
		setTracks(next) {
			localTracks = next;
			applyTracks();
		},
		setOthers(others) {
			if (others !== wanted.others) want({ others });
		},
		watch: (watch) => signal?.watch(watch),
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
