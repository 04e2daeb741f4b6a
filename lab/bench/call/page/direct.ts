import { openDevice } from "../../../../packages/platform/src/browser/media/devices.ts";
import { withoutCandidates } from "../../../../packages/platform/src/browser/media/sdp.ts";

/** What plain WebRTC has of a call: two browsers, one connection, no room and no sealing; codecs and bounds as in the product. */
let connection: RTCPeerConnection | undefined;
let tracks: readonly MediaStreamTrack[] = [];

async function open(): Promise<RTCPeerConnection> {
	const opened = await Promise.all([openDevice("microphone"), openDevice("camera")]);
	tracks = opened.map((track) => {
		if (!track.ok) throw new Error(track.error.kind);
		return track.value;
	});
	connection = new RTCPeerConnection();
	return connection;
}

function send(peer: RTCPeerConnection): void {
	for (const track of tracks) peer.addTrack(track, new MediaStream([...tracks]));
	const video = peer.getTransceivers().find(({ sender }) => sender.track?.kind === "video");
	const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
	const wanted = (mimeType: string) => codecs.filter((codec) => codec.mimeType === mimeType);
	// The same codec as the room's, so that pictures are compared and not codecs.
	const vp9 = wanted("video/VP9").filter(({ sdpFmtpLine }) => sdpFmtpLine?.includes("profile-id=0") !== false);
	video?.setCodecPreferences([...vp9, ...wanted("video/rtx")]);
}

async function bound(peer: RTCPeerConnection): Promise<void> {
	const sender = peer.getSenders().find(({ track }) => track?.kind === "video");
	const parameters = sender?.getParameters();
	if (sender === undefined || parameters === undefined) return;
	for (const encoding of parameters.encodings) encoding.maxBitrate = 1_500_000;
	await sender.setParameters({ ...parameters, degradationPreference: "balanced" });
}

async function gathered(peer: RTCPeerConnection): Promise<string> {
	while (peer.iceGatheringState !== "complete")
		await new Promise((resolve) => peer.addEventListener("icegatheringstatechange", resolve, { once: true }));
	return peer.localDescription?.sdp ?? "";
}

/** Names no address: this end is reached only as the answer to what it sends, through whatever line that went. */
export async function directOffer(): Promise<string> {
	const peer = await open();
	send(peer);
	await peer.setLocalDescription();
	return withoutCandidates(await gathered(peer));
}

export async function directAnswer(sdp: string): Promise<string> {
	const peer = await open();
	await peer.setRemoteDescription({ type: "offer", sdp });
	send(peer);
	await peer.setLocalDescription();
	await bound(peer);
	return gathered(peer);
}

export async function takeDirectAnswer(sdp: string): Promise<void> {
	if (connection === undefined) throw new Error("nothing was offered");
	await connection.setRemoteDescription({ type: "answer", sdp });
	await bound(connection);
}

/** Resolves when the connection stands. */
export async function directStands(): Promise<void> {
	if (connection === undefined) throw new Error("nothing was begun");
	while (connection.connectionState !== "connected")
		await new Promise((resolve) => connection?.addEventListener("connectionstatechange", resolve, { once: true }));
}
