import { extensionIds, isRtcp, rtpHeaderBytes, writeRtpHeader, writeUint16 } from "./rtp/packet.ts";
import { readRtcp } from "./rtp/rtcp.ts";
import { payloadTypes } from "./room/media-plan.ts";

/** Header, the transport-wide sequence number as an extension (RFC 8285), perhaps a layer's name as another one, then the payload. */
const payloadAt = 20;

/** One RTP stream as a browser would send it, but with bytes of ours where sealed frames would be: nobody decodes them. */
export class SyntheticStream {
	readonly ssrc: number;
	readonly #payloadType: number;
	readonly #packet: Buffer;
	readonly #timestampStep: number;
	/** Where the payload begins. */
	readonly #at: number;
	#sequence = 0;
	#pictureId = 0;
	#keyFrameAsked = true;
	/** Times that somebody asked for a key frame. */
	keyFrameRequests = 0;

	/**
	 * `tag` stands in every packet, so that a receiver can tell whose it is; a picture has its descriptor before it. `rid` is the
	 * name of the layer that this is, of one character.
	 */
	constructor(
		kind: "audio" | "video",
		ssrc: number,
		payloadBytes: number,
		timestampStep: number,
		tag: Uint8Array,
		rid?: string,
	) {
		this.ssrc = ssrc;
		this.#at = rid === undefined ? payloadAt : payloadAt + 4;
		this.#payloadType = kind === "audio" ? payloadTypes.opus : payloadTypes.vp9;
		this.#timestampStep = timestampStep;
		this.#packet = Buffer.alloc(this.#at + payloadBytes);
		this.#packet.set([0xbe, 0xde, 0, (this.#at - 16) / 4, (extensionIds.transportSequence << 4) | 1], 12);
		if (rid !== undefined) this.#packet.set([extensionIds.rid << 4, rid.charCodeAt(0)], 19);
		this.#packet.set(tag, this.#at + descriptorBytes[kind]);
		if (kind === "video") this.#packet[this.#at + 3] = 0x10;
	}

	/** The next packet, a whole frame. Overwritten by the one after it. `transportSequence` counts over all streams of a connection. */
	next(transportSequence: number): Buffer {
		const packet = this.#packet;
		this.#sequence = (this.#sequence + 1) & 0xffff;
		const timestamp = (this.#sequence * this.#timestampStep) >>> 0;
		writeRtpHeader(packet, 0, true, this.#payloadType, this.#sequence, timestamp, this.ssrc);
		packet[0] = 0x90;
		writeUint16(packet, 17, transportSequence & 0xffff);
		if (this.#payloadType === payloadTypes.vp9) this.#describePicture(packet);
		return packet;
	}

	/** I, L, B and E, and P unless it is a key frame; a picture id of 15 bits (RFC 9628 section 4.2). */
	#describePicture(packet: Buffer): void {
		this.#pictureId = (this.#pictureId + 1) & 0x7fff;
		packet[this.#at] = this.#keyFrameAsked ? 0xac : 0xec;
		writeUint16(packet, this.#at + 1, 0x8000 | this.#pictureId);
		packet[this.#at + 4] = this.#pictureId;
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

const descriptorBytes = { audio: 0, video: 5 } as const;

/** Whose packet this is that a receiver got without header extensions: its tag of 16 bytes. */
export function tagOf(kind: "audio" | "video", received: Buffer): Uint8Array {
	const at = rtpHeaderBytes + descriptorBytes[kind];
	return received.subarray(at, at + 16);
}
