import { readUint16, sequenceDistance, writeUint16, writeUint32 } from "./packet.ts";

const windowSize = 1024;
const maxStatuses = 400;
/** RFC draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.1: reference time counts 64 ms, deltas 250 µs. */
const referenceMs = 64;
const deltaMs = 0.25;

/**
 * Transport-wide congestion control feedback for one participant's uplink: arrival times by transport-wide sequence
 * number, reported every 50 to 100 ms. Without it a browser's estimate stays below 0.9 Mb/s (findings).
 */
export class TransportFeedback {
	readonly #arrivals = new Float64Array(windowSize).fill(-1);
	readonly #numbers = new Int32Array(windowSize).fill(-1);
	#base = -1;
	#highest = -1;
	#count = 0;

	/** Notes an arrival. `now` in ms, of any monotonic origin, fractions welcome. */
	arrived(sequence: number, now: number): void {
		if (this.#base < 0) this.#base = sequence;
		const fromBase = sequenceDistance(sequence, this.#base);
		if (fromBase < 0 || fromBase >= windowSize) {
			if (fromBase < 0) return;
			this.#base = sequence;
			this.#highest = sequence;
		}
		const slot = sequence % windowSize;
		this.#numbers[slot] = sequence;
		this.#arrivals[slot] = now;
		if (this.#highest < 0 || sequenceDistance(sequence, this.#highest) > 0) this.#highest = sequence;
	}

	/** The next feedback packet (RTCP 205, FMT 15), or undefined when nothing new arrived. */
	build(senderSsrc: number, mediaSsrc: number): Buffer | undefined {
		if (this.#base < 0 || this.#highest < 0 || sequenceDistance(this.#highest, this.#base) < 0) return undefined;
		const first = this.#firstArrived();
		if (first === undefined) return undefined;
		const count = Math.min(sequenceDistance(this.#highest, first) + 1, maxStatuses);
		const reference = Math.floor((this.#arrivals[first % windowSize] as number) / referenceMs);
		const deltas = this.#deltas(first, count, reference);
		this.#base = (first + deltas.length) & 0xffff;
		return encodeFeedback(senderSsrc, mediaSsrc, first, reference, this.#count++ & 255, deltas);
	}

	#firstArrived(): number | undefined {
		for (let sequence = this.#base; sequenceDistance(this.#highest, sequence) >= 0; sequence = (sequence + 1) & 0xffff)
			if (this.#numbers[sequence % windowSize] === sequence) return sequence;
		return undefined;
	}

	/** Per packet its delta in 250 µs units, or undefined when it did not arrive; ends early where a delta overflows. */
	#deltas(first: number, count: number, reference: number): (number | undefined)[] {
		const deltas: (number | undefined)[] = [];
		let previous = reference * referenceMs;
		for (let step = 0; step < count; step++) {
			const slot = (first + step) & 0xffff;
			if (this.#numbers[slot % windowSize] !== slot) {
				deltas.push(undefined);
				continue;
			}
			const units = Math.round(((this.#arrivals[slot % windowSize] as number) - previous) / deltaMs);
			if (units < -32_768 || units > 32_767) break;
			deltas.push(units);
			previous += units * deltaMs;
		}
		return deltas;
	}
}

function statusOf(delta: number | undefined): number {
	if (delta === undefined) return 0;
	return delta >= 0 && delta <= 255 ? 1 : 2;
}

/** Section 3.1: status vector chunks of seven two-bit symbols; simple, and never more than 2/7 byte a packet longer. */
function encodeFeedback(
	senderSsrc: number,
	mediaSsrc: number,
	first: number,
	reference: number,
	count: number,
	deltas: readonly (number | undefined)[],
): Buffer {
	const chunks = Math.ceil(deltas.length / 7);
	const deltaBytes = deltas.reduce<number>((sum, delta) => sum + statusOf(delta), 0);
	const length = Math.ceil((20 + 2 * chunks + deltaBytes) / 4) * 4;
	const packet = Buffer.alloc(length);
	packet[0] = 0x80 | 15;
	packet[1] = 205;
	writeUint16(packet, 2, length / 4 - 1);
	writeUint32(packet, 4, senderSsrc);
	writeUint32(packet, 8, mediaSsrc);
	writeUint16(packet, 12, first);
	writeUint16(packet, 14, deltas.length);
	writeUint32(packet, 16, (((reference & 0xffffff) << 8) | count) >>> 0);
	let at = 20;
	for (let chunk = 0; chunk < chunks; chunk++, at += 2) {
		let symbols = 0xc000;
		for (let k = 0; k < 7; k++) symbols |= statusOf(deltas[chunk * 7 + k]) << (12 - 2 * k);
		writeUint16(packet, at, symbols);
	}
	for (const delta of deltas) {
		if (delta === undefined) continue;
		if (statusOf(delta) === 1) packet[at++] = delta;
		else {
			writeUint16(packet, at, delta & 0xffff);
			at += 2;
		}
	}
	return packet;
}

/** Decodes what {@link TransportFeedback} writes; for tests and the lab. Undefined when it is something else. */
export function readTransportFeedback(
	packet: Uint8Array,
): { readonly first: number; readonly arrivedAt: readonly (number | undefined)[] } | undefined {
	if (packet.length < 20 || packet[0] !== 0x8f || packet[1] !== 205) return undefined;
	const first = readUint16(packet, 12);
	const count = readUint16(packet, 14);
	const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
	let at = 20 + 2 * Math.ceil(count / 7);
	let time = (view.getUint32(16) >>> 8) * referenceMs;
	const arrivedAt = Array.from({ length: count }, (_, k) => {
		const status = (readUint16(packet, 20 + 2 * Math.floor(k / 7)) >> (12 - 2 * (k % 7))) & 3;
		if (status === 0) return undefined;
		time += (status === 1 ? view.getUint8(at) : view.getInt16(at)) * deltaMs;
		at += status;
		return time;
	});
	return { first, arrivedAt };
}
