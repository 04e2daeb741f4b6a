import { isRtcp, writeRtpHeader, writeUint16 } from "./rtp/packet.ts";
import { readRtcp } from "./rtp/rtcp.ts";
import { payloadTypes } from "./room/media-plan.ts";

/** Header, the transport-wide sequence number as the one extension (RFC 8285), then the payload. */
const payloadAt = 20;

/** One RTP stream as a browser would send it, but with bytes of ours where sealed frames would be: nobody decodes them. */
export class SyntheticStream {
	readonly ssrc: number;
	readonly #payloadType: number;
	readonly #packet: Buffer;
	readonly #timestampStep: number;
	#sequence = 0;
	#pictureId = 0;
	#keyFrameAsked = true;
	/** Times that somebody asked for a key frame. */
	keyFrameRequests = 0;

	/** `tag` stands in every packet, so that a receiver can tell whose it is; a picture has its descriptor before it. */
	constructor(kind: "audio" | "video", ssrc: number, payloadBytes: number, timestampStep: number, tag: Uint8Array) {
		this.ssrc = ssrc;
		this.#payloadType = kind === "audio" ? payloadTypes.opus : payloadTypes.vp9;
		this.#timestampStep = timestampStep;
		this.#packet = Buffer.alloc(payloadAt + payloadBytes);
		this.#packet.set(tag, tagAt(kind));
		if (kind === "video") this.#packet[payloadAt + 3] = 0x10;
	}

	/** The next packet, a whole frame. Overwritten by the one after it. `transportSequence` counts over all streams of a connection. */
	next(transportSequence: number): Buffer {
		const packet = this.#packet;
		this.#sequence = (this.#sequence + 1) & 0xffff;
		const timestamp = (this.#sequence * this.#timestampStep) >>> 0;
		writeRtpHeader(packet, 0, true, this.#payloadType, this.#sequence, timestamp, this.ssrc);
		packet[0] = 0x90;
		packet.set([0xbe, 0xde, 0, 1, 0x11], 12);
		writeUint16(packet, 17, transportSequence & 0xffff);
		if (this.#payloadType === payloadTypes.vp9) this.#describePicture(packet);
		return packet;
	}

	/** I, L, B and E, and P unless it is a key frame; a picture id of 15 bits (RFC 9628 section 4.2). */
	#describePicture(packet: Buffer): void {
		this.#pictureId = (this.#pictureId + 1) & 0x7fff;
		packet[payloadAt] = this.#keyFrameAsked ? 0xac : 0xec;
		writeUint16(packet, payloadAt + 1, 0x8000 | this.#pictureId);
		packet[payloadAt + 4] = this.#pictureId;
		this.#keyFrameAsked = false;
	}

	/** What came back on its m-line: heeds requests for key frames. */
	feedbackArrived(packet: Buffer): void {
		if (!isRtcp(packet)) return;
		for (const item of readRtcp(packet)) {
			if (item.kind !== "keyFrameRequest" || item.ssrc !== this.ssrc) continue;
			this.#keyFrameAsked = true;
			this.keyFrameRequests++;
		}
	}
}

const descriptorBytes = 5;
const tagAt = (kind: "audio" | "video") => payloadAt + (kind === "video" ? descriptorBytes : 0);

/** Whose packet this is that a receiver got without header extensions: its tag of 16 bytes. */
export function tagOf(kind: "audio" | "video", received: Buffer): Uint8Array {
	const at = tagAt(kind) - (payloadAt - 12);
	return received.subarray(at, at + 16);
}
