import { randomInt } from "node:crypto";
import type { Bytes } from "@sotto/bytes";
import type { ToLine } from "./line-messages.ts";
import { packetizePicture } from "./packetize.ts";
import { payloadTypes, pictureClockRate, samplesPerFrame } from "./plan.ts";
import { senderReport, writeRtp } from "./rtp.ts";

/** Numbers a stream's packets and counts them. Sequence and timestamp begin anywhere (RFC 3550 5.1). */
class Stream {
	readonly ssrc: number;
	readonly firstTimestamp = randomInt(0x1_0000_0000);
	readonly #send: (packet: Bytes) => void;
	#sequence = randomInt(0x1_0000);
	packets = 0;
	bytes = 0;

	constructor(ssrc: number, send: (packet: Bytes) => void) {
		this.ssrc = ssrc;
		this.#send = send;
	}

	send(payloadType: number, offset: number, marker: boolean, payload: Bytes): void {
		const sequence = this.#sequence;
		this.#sequence = (sequence + 1) & 0xffff;
		this.packets++;
		this.bytes += payload.length;
		this.#send(
			writeRtp({ payloadType, marker, sequence, timestamp: this.timestamp(offset), ssrc: this.ssrc, payload }),
		);
	}

	timestamp(offset: number): number {
		return (this.firstTimestamp + offset) >>> 0;
	}

	report(offset: number, now: number): void {
		if (this.packets === 0) return;
		const { ssrc, packets, bytes } = this;
		this.#send(senderReport({ ssrc, timestamp: this.timestamp(offset), packets, bytes }, now));
	}
}

/** Sound goes out one frame every 20 ms, all of one size: neither pace nor size tells what is said. */
export class SoundSender {
	readonly #stream: Stream;
	readonly #waiting: Bytes[] = [];
	#ticks = 0;

	constructor(ssrc: number, send: (packet: Bytes) => void) {
		this.#stream = new Stream(ssrc, send);
	}

	give(frame: Bytes): void {
		this.#waiting.push(frame);
	}

	/** What waits is not sent any more; says how many frames that was. */
	drop(): number {
		return this.#waiting.splice(0).length;
	}

	/** To be called every 20 ms; says whether a frame left. Time goes on, also when there is nothing to send. */
	tick(): boolean {
		const frame = this.#waiting.shift();
		const offset = this.#ticks++ * samplesPerFrame;
		if (frame !== undefined) this.#stream.send(payloadTypes.opus, offset, false, frame);
		return frame !== undefined;
	}

	report(now: number): void {
		this.#stream.report(this.#ticks * samplesPerFrame, now);
	}
}

/** A picture goes out as soon as it is there, in as many packets as it needs. */
export class PictureSender {
	readonly #stream: Stream;
	#pictures = 0;
	#last: { readonly offset: number; readonly at: number } | undefined;

	constructor(ssrc: number, send: (packet: Bytes) => void) {
		this.#stream = new Stream(ssrc, send);
	}

	send({ timestamp, ...picture }: Extract<ToLine, { type: "picture" }>): void {
		const payloads = packetizePicture({ ...picture, pictureId: this.#pictures++ & 0x7fff });
		this.#last = { offset: timestamp, at: performance.now() };
		for (const [index, payload] of payloads.entries())
			this.#stream.send(payloadTypes[picture.codec], timestamp, index === payloads.length - 1, payload);
	}

	report(now: number): void {
		if (this.#last === undefined) return;
		const { offset, at } = this.#last;
		this.#stream.report(offset + Math.round(((performance.now() - at) * pictureClockRate) / 1000), now);
	}
}
