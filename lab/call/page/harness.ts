import { createRoomRoute, joinRoomPath, joinSignatureLabel, joinSignedMessage } from "@sotto/api";
import { bytesToBase64url, decodeCbor, encodeCbor, hexToBytes, invariant, Secret } from "@sotto/bytes";
import {
	type CallId,
	importCallBase,
	kdf,
	openRosterEntry,
	sealRosterEntry,
	sign,
	signingKeyFromSeed,
} from "@sotto/crypto";
import { startFrameWorker } from "../../../packages/platform/src/browser/media/frame-worker-script.ts";
import type { MediaSession, RosterPort } from "../../../packages/platform/src/browser/media/media-session.ts";
import type { RoomAccess } from "../../../packages/platform/src/browser/media/peer.ts";
import type { CheckedEntry } from "../../../packages/platform/src/media/roster.ts";
import { joinRoom } from "../../../packages/platform/src/browser/media/session.ts";
import { protectByWorker } from "../../../packages/platform/src/browser/media/worker-protection.ts";
import { noProtection } from "./bare-protection.ts";
import { keepConnections, sentCamera } from "./connections.ts";
import { speakingMicrophone } from "./generated-microphone.ts";
import { recordTrack } from "./record-track.ts";
import { Screening } from "./screening.ts";

/** What the test asks a page for. Everything crosses over as JSON. */
type CallRequest = {
	/** Hex of 32 bytes: the room's key pair and the frame keys come from it. */
	readonly callBase: string;
	/** Stands in for a leaf of the group: this page's number. */
	readonly leaf: number;
	readonly camera: boolean;
	/** The control: nothing is sealed, nothing is held back. */
	readonly unprotected?: boolean;
	/** A WAV to speak, for browsers that cannot take a file as their microphone. */
	readonly speakUrl?: string;
};

keepConnections();
const screening = new Screening();
let session: MediaSession<string> | undefined;
let ownLeaf = 0;
let microphoneOpenedAt = 0;
const ended = new Set<string>();

/** Joins as the product does, with its worker; only the engine's part, who signs roster entries, is played by a number here. */
async function startCall(request: CallRequest): Promise<void> {
	const raw = hexToBytes(request.callBase);
	invariant(raw.ok, "the test sends hex");
	const callBase = new Secret(raw.value);
	ownLeaf = request.leaf;
	const roomKey = await signingKeyFromSeed(new Secret(kdf(callBase, "lab room")));
	const access: RoomAccess = {
		createUrl: `${location.origin}${createRoomRoute.path}`,
		joinUrl: `${location.origin.replace("http", "ws")}${joinRoomPath}`,
		joinPublicKey: roomKey.publicKey,
		signJoin: (nonce, participantId, fingerprint) =>
			sign(joinSignatureLabel, roomKey, joinSignedMessage(nonce, participantId, fingerprint)),
	};
	const protection = request.unprotected === true ? noProtection() : protectByWorker(startFrameWorker());
	protection.addBase(0, await importCallBase(callBase), true);
	session = joinRoom<string>({
		access: async () => access,
		protection,
		roster: rosterUnder(callBase),
		microphone: true,
		camera: request.camera,
		chance: Math.random,
		...(request.speakUrl === undefined ? {} : { devices: speakingMicrophone(request.speakUrl) }),
	});
	session.onChange(() => {
		const view = session?.view();
		if (view?.state.phase === "ended") ended.add(view.state.reason);
		if (microphoneOpenedAt === 0 && view?.microphone.state === "on") microphoneOpenedAt = Date.now();
	});
}

function rosterUnder(callBase: Secret): RosterPort<string> {
	const callId = new Uint8Array(16) as CallId;
	return {
		seal: (entry) => sealRosterEntry(callBase, callId, encodeCbor({ ...entry, leaf: ownLeaf })),
		async open(frame) {
			const opened = await openRosterEntry(callBase, callId, frame);
			const entry = opened.ok ? decodeCbor(opened.value) : opened;
			if (!entry.ok) return undefined;
			const checked = entry.value as unknown as CheckedEntry<string>;
			return { ...checked, person: `person ${checked.leaf}` };
		},
	};
}

function report() {
	if (session === undefined) return undefined;
	const { state, participants, microphone, camera, quality, samples } = session.view();
	return {
		phase: state.phase,
		ended: [...ended],
		participants: participants.map(({ participantId, person, isHeard, isSeen }) => ({
			participantId,
			person,
			isHeard,
			isSeen,
		})),
		microphone: microphone.state,
		microphoneOpenedAt,
		camera: camera.state,
		quality,
		lastSample: samples.at(-1),
		stats: session.stats(),
	};
}

/** What the far end decodes on seat `index`, `seconds` of it: 16-bit samples in base64url, and their rate. */
async function record(index: number, seconds: number) {
	const track = session?.view().participants[index]?.audioTrack;
	invariant(track !== undefined, "somebody is there to record");
	const { startedAt, samples, sampleRate } = await recordTrack(track, seconds);
	const pcm = Int16Array.from(samples, (sample) => Math.max(-1, Math.min(1, sample)) * 32_767);
	return { startedAt, sampleRate, pcm: bytesToBase64url(new Uint8Array(pcm.buffer)) };
}

/** Shows these people's cameras, each as high as given, and nobody else's. */
function show(heights: Readonly<Record<string, number>>): void {
	const participants = session?.view().participants ?? [];
	const shown = participants.filter(({ person }) => person !== undefined && person in heights);
	session?.show(
		shown.map(({ participantId, person = "" }) => {
			const height = heights[person] ?? 0;
			return { participantId, stream: "camera", width: (height * 16) / 9, height };
		}),
	);
	for (const { person = "", videoTrack } of shown) screening.show(person, videoTrack);
}

/** What the test calls. */
const harness = {
	startCall,
	report,
	record,
	show,
	pictures: () => screening.pictures(),
	sentCamera,
	leave: () => session?.leave(),
	setCamera: (on: boolean) => session?.setCamera(on),
};
Object.assign(window, { harness });
