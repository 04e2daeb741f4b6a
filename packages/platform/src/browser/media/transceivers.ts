import { audioStream, cameraStream, screenPlace, screenStream } from "../../media/streams.ts";
import type { FrameProtection } from "./protection.ts";

export type Uplinks = {
	readonly audio: RTCRtpSender;
	readonly camera: RTCRtpSender;
	/** Missing in a room that carries no screens. */
	readonly screen: RTCRtpSender | undefined;
};
export type Seat = { readonly audio: MediaStreamTrack; readonly video: MediaStreamTrack };

/** What a room's offers have brought so far; grows with each of them. */
export type Downlinks = { readonly seats: Seat[]; readonly screens: MediaStreamTrack[] };

/**
 * Puts protection on every sender and receiver of an offer that was just taken and has not been answered. The m-lines are named in
 * docs/spec/media.md: `ua`, `uv` and `us` go up; `a<n>` and `v<n>` are seat n, `s<n>` is screen n. What an earlier offer brought
 * has its protection, for life.
 */
export function protectTransceivers(
	peer: RTCPeerConnection,
	protection: FrameProtection,
	session: number,
	downlinks: Downlinks,
): Uplinks {
	const byMid = new Map(peer.getTransceivers().map((transceiver) => [transceiver.mid, transceiver]));
	const uplink = (mid: string, stream: 0 | 1 | 2): RTCRtpSender | undefined => {
		const transceiver = byMid.get(mid);
		if (transceiver === undefined || transceiver.direction === "sendonly") return transceiver?.sender;
		protection.protectSender(transceiver.sender, session, stream);
		transceiver.direction = "sendonly";
		return transceiver.sender;
	};
	const audio = uplink("ua", audioStream);
	const camera = uplink("uv", cameraStream);
	const screen = uplink("us", screenStream);
	if (audio === undefined || camera === undefined) throw new Error("the offer lacks an uplink");
	const { seats, screens } = downlinks;
	for (let seat = seats.length; ; seat++) {
		const sound = byMid.get(`a${seat}`);
		const picture = byMid.get(`v${seat}`);
		if (sound === undefined || picture === undefined) break;
		protection.protectReceiver(sound.receiver, session, seat, audioStream);
		protection.protectReceiver(picture.receiver, session, seat, cameraStream);
		seats.push({ audio: sound.receiver.track, video: picture.receiver.track });
	}
	for (let place = screens.length; ; place++) {
		const picture = byMid.get(`s${place}`);
		if (picture === undefined) break;
		protection.protectReceiver(picture.receiver, session, screenPlace(place), screenStream);
		screens.push(picture.receiver.track);
	}
	return { audio, camera, screen };
}
