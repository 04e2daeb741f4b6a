import { Audio, PeerConnection, type Track, Video } from "node-datachannel";
import { makeDtlsCertificate } from "./certificate.test-kit.ts";
import { opusParameters, payloadTypes, transportFeedbackUri } from "./room/media-plan.ts";

/** Called for whatever arrives on an m-line, RTP and RTCP. */
export type Received = (mid: string, packet: Buffer) => void;

export type Sends = Readonly<Record<string, readonly number[]>>;

/** A real WebRTC endpoint that is no browser: it sends and gets RTP packets as they are, so that thousands a second can be counted. */
export class RealPeer {
	readonly fingerprint: Uint8Array<ArrayBuffer>;
	readonly #connection: PeerConnection;
	readonly #tracks = new Map<string, Track>();
	readonly #received: Received;
	readonly #changed: (() => void)[] = [];
	readonly #channels: unknown[] = [];
	#candidates: string[] = [];

	/** `sends`: the SSRCs of what it will send, by m-line (`ua`, `uv`, `us`). Feedback about others does not reach it. */
	constructor(bindAddress: string, sends: Sends, received: Received) {
		const { certificate, key, fingerprint } = makeDtlsCertificate();
		this.fingerprint = fingerprint;
		this.#received = received;
		this.#connection = new PeerConnection("peer", {
			iceServers: [],
			bindAddress,
			disableAutoNegotiation: true,
			certificatePemFile: certificate,
			keyPemFile: key,
		});
		for (const [mid, ssrcs] of Object.entries(sends)) this.#keep(this.#connection.addTrack(sendingLine(mid, ssrcs)));
		this.#connection.onTrack((track) => this.#keep(track));
		// Referenced, or the collector frees it.
		this.#connection.onDataChannel((channel) => this.#channels.push(channel));
		const wake = () => {
			for (const resolve of this.#changed.splice(0)) resolve();
		};
		this.#connection.onStateChange(wake);
		this.#connection.onGatheringStateChange(wake);
	}

	#keep(track: Track): void {
		const mid = track.mid();
		this.#tracks.set(mid, track);
		track.onMessage((packet) => this.#received(mid, packet));
	}

	/**
	 * Answers an offer, the first or a later one. Where the offerer is to be reached it uses only in {@link begin}, once the answer
	 * has arrived there, and it lets the offerer begin the DTLS handshake. Otherwise, between two endpoints of this native library
	 * on one machine, packets come before the other side listens (a second is lost) or knows the certificate (all is lost).
	 */
	async answer(offer: string): Promise<string> {
		const isCandidate = (line: string) => line.startsWith("a=candidate:") || line === "a=end-of-candidates";
		const lines = offer.replaceAll("a=setup:actpass", "a=setup:active").split("\r\n");
		this.#candidates = lines.filter((line) => line.startsWith("a=candidate:"));
		this.#connection.setRemoteDescription(lines.filter((line) => !isCandidate(line)).join("\r\n"), "offer");
		this.#connection.setLocalDescription("answer");
		return await this.#description();
	}

	/** To be called when the answer was taken. */
	begin(mid: string): void {
		for (const candidate of this.#candidates.splice(0)) this.#connection.addRemoteCandidate(candidate, mid);
	}

	/** Offers what it sends. */
	async offer(): Promise<string> {
		this.#connection.setLocalDescription("offer");
		return await this.#description();
	}

	takeAnswer(answer: string): void {
		this.#connection.setRemoteDescription(answer, "answer");
	}

	async #description(): Promise<string> {
		await this.#until(() => this.#connection.gatheringState() === "complete");
		return this.#connection.localDescription()?.sdp ?? "";
	}

	async connected(): Promise<void> {
		await this.#until(() => this.#connection.state() === "connected");
	}

	async #until(isSo: () => boolean): Promise<void> {
		while (!isSo()) await new Promise<void>((resolve) => this.#changed.push(resolve));
	}

	/** Sends an RTP or RTCP packet on an m-line; dropped while that is not open. */
	send(mid: string, packet: Buffer): void {
		const track = this.#tracks.get(mid);
		if (track?.isOpen() === true) track.sendMessageBinary(packet);
	}

	close(): void {
		this.#connection.close();
	}
}

/** An m-line that sends these streams: of sound if its mid is `ua`, else of pictures. */
function sendingLine(mid: string, ssrcs: readonly number[]): Audio | Video {
	const media = mid === "ua" ? new Audio(mid, "SendOnly") : new Video(mid, "SendOnly");
	if (media instanceof Audio) media.addAudioCodec(payloadTypes.opus, "opus", opusParameters);
	else {
		media.addVideoCodec(payloadTypes.vp9, "VP9", "profile-id=0");
		media.addRTXCodec(payloadTypes.vp9Rtx, payloadTypes.vp9, 90_000);
	}
	for (const ssrc of ssrcs) media.addSSRC(ssrc, "peer", "peer", mid);
	media.parseSdpLine(`a=rtcp-fb:${mid === "ua" ? payloadTypes.opus : payloadTypes.vp9} transport-cc`);
	media.parseSdpLine(`a=extmap:1 ${transportFeedbackUri}`);
	return media;
}
