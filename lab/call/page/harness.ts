import { joinSignatureLabel, joinSignedMessage } from "@sotto/api";
import { hexToBytes, invariant, Secret } from "@sotto/bytes";
import { sign, signingKeyFromSeed } from "@sotto/crypto";
import { openPeer } from "../../../packages/platform/src/browser/media/peer.ts";
import { noProtection } from "./bare-protection.ts";

async function start(server: string, seedHex: string) {
	const seed = hexToBytes(seedHex);
	invariant(seed.ok, "hex");
	const key = await signingKeyFromSeed(new Secret(seed.value));
	const media = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, video: { width: 640, height: 360 } });
	const log: unknown[] = [];
	const t0 = performance.now();
	const peer = openPeer(
		{ server, joinPublicKey: key.publicKey, signJoin: (m) => sign(joinSignatureLabel, key, m), signedMessage: joinSignedMessage },
		noProtection(),
		{ audio: media.getAudioTracks()[0], camera: media.getVideoTracks()[0] },
		{
			onConnected: () => log.push(["connected", performance.now() - t0]),
			onSeat: (seat, id) => log.push(["seat", seat, id?.[0], performance.now() - t0]),
			onRoster: (f) => log.push(["roster", f.length]),
			onLost: (l) => log.push(["lost", l]),
		},
	);
	return { peer, log };
}
Object.assign(window, { start });
