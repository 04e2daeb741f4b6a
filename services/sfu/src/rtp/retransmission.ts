import { rtpHeaderBytes, sequenceDistance } from "./packet.ts";

const slotBytes = 1500;

/** What a slot holds; the payload itself stands in {@link RetransmissionBuffer.bytes} from `offset`, `length` bytes. */
export type KeptPacket = {
	sequence: number;
	timestamp: number;
	payloadType: number;
	marker: boolean;
	length: number;
};

/**
 * The last `slots` payloads of an uplink stream, for answering NACKs (RFC 4585) by RTX (RFC 4588). One allocation for the
 * stream's life: each slot is overwritten by the packet `slots` later.
 */
export class RetransmissionBuffer {
	readonly bytes: Buffer;
	readonly #slots: KeptPacket[];
	#newest = -1;

	constructor(slots = 512) {
		this.bytes = Buffer.alloc(slots * slotBytes);
		this.#slots = Array.from({ length: slots }, () => ({
			sequence: -1,
			timestamp: 0,
			payloadType: 0,
			marker: false,
			length: 0,
		}));
	}

	/** Keeps a copy of the payload `packet[from..end)`; what exceeds a network packet is not kept. */
	keep(
		sequence: number,
		timestamp: number,
		payloadType: number,
		marker: boolean,
		packet: Uint8Array,
		from: number,
		end: number,
	): void {
		const length = end - from;
		if (length > slotBytes - rtpHeaderBytes) return;
		const index = sequence % this.#slots.length;
		const slot = this.#slots[index] as KeptPacket;
		// A late packet must not displace the younger one that has its slot.
		if (slot.sequence >= 0 && sequenceDistance(sequence, slot.sequence) < 0 && this.#isCurrent(slot.sequence)) return;
		slot.sequence = sequence;
		slot.timestamp = timestamp;
		slot.payloadType = payloadType;
		slot.marker = marker;
		slot.length = length;
		this.bytes.set(packet.subarray(from, end), index * slotBytes);
		if (this.#newest < 0 || sequenceDistance(sequence, this.#newest) > 0) this.#newest = sequence;
	}

	/** The packet of that uplink sequence number, unless it was overwritten or never came. */
	find(sequence: number): KeptPacket | undefined {
		const slot = this.#slots[sequence % this.#slots.length] as KeptPacket;
		return slot.sequence === sequence && this.#isCurrent(sequence) ? slot : undefined;
	}

	/** Copies a kept payload to `target` at `at`. */
	copyPayload(slot: KeptPacket, target: Uint8Array, at: number): void {
		const from = (slot.sequence % this.#slots.length) * slotBytes;
		target.set(this.bytes.subarray(from, from + slot.length), at);
	}

	/** Sequence numbers wrap after 65,536 packets: an entry that old is not the packet that is asked for. */
	#isCurrent(sequence: number): boolean {
		const age = sequenceDistance(this.#newest, sequence);
		return this.#newest >= 0 && age > -this.#slots.length && age < this.#slots.length;
	}
}
