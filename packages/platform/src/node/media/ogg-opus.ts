import { type Bytes, concat, copyBytes, err, ok, type Result, utf8 } from "@sotto/bytes";

/** Ogg (RFC 3533) with one Opus stream (RFC 7845): reading what is to be played, writing what was heard. */

export type OggError = "notOgg" | "notOpus" | "damaged";

const pageHeadBytes = 27;
const samplesPerPacket = 960;
const maxPacketBytes = 61_440;

/** The Opus packets of a file, in order, headers left out. Errors: not an Ogg file, no Opus in it, a page that is damaged. */
export function readOggOpus(file: Uint8Array): Result<readonly Bytes[], OggError> {
	const packets: Bytes[] = [];
	let started: Bytes[] = [];
	let serial: number | undefined;
	for (let at = 0; at < file.length; ) {
		const page = readPage(file, at);
		if (!page.ok) return at === 0 ? err("notOgg") : page;
		at = page.value.end;
		serial ??= page.value.serial;
		// Another stream in the same file: a picture of the album, say.
		if (page.value.serial !== serial) continue;
		for (const { bytes, goesOn } of page.value.parts) {
			started.push(bytes);
			if (goesOn) continue;
			const packet = concat(...started);
			if (packet.length > maxPacketBytes) return err("damaged");
			packets.push(packet);
			started = [];
		}
	}
	const [head] = packets;
	if (head === undefined) return err("notOgg");
	if (Buffer.from(head.subarray(0, 8)).toString("latin1") !== "OpusHead") return err("notOpus");
	return ok(packets.slice(2));
}

type Page = {
	readonly serial: number;
	/** Packets, or parts of packets that go on in the next page. */
	readonly parts: readonly { readonly bytes: Bytes; readonly goesOn: boolean }[];
	readonly end: number;
};

function readPage(file: Uint8Array, at: number): Result<Page, "damaged"> {
	const view = new DataView(file.buffer, file.byteOffset + at, file.length - at);
	if (view.byteLength < pageHeadBytes || view.getUint32(0) !== 0x4f67_6753 || view.getUint8(4) !== 0)
		return err("damaged");
	const segments = view.getUint8(26);
	if (view.byteLength < pageHeadBytes + segments) return err("damaged");
	const lengths = file.subarray(at + pageHeadBytes, at + pageHeadBytes + segments);
	let from = at + pageHeadBytes + segments;
	const end = from + lengths.reduce((sum, length) => sum + length, 0);
	if (end > file.length) return err("damaged");
	const page = copyBytes(file.subarray(at, end));
	page.fill(0, 22, 26);
	if (oggChecksum(page) !== view.getUint32(22, true)) return err("damaged");
	const parts: { bytes: Bytes; goesOn: boolean }[] = [];
	let length = 0;
	for (const [index, segment] of lengths.entries()) {
		length += segment;
		// RFC 3533 section 5: a segment of 255 bytes goes on in the next one.
		if (segment === 255 && index < lengths.length - 1) continue;
		parts.push({ bytes: copyBytes(file.subarray(from, from + length)), goesOn: segment === 255 });
		from += length;
		length = 0;
	}
	return ok({ serial: view.getUint32(14, true), parts, end });
}

/** Packets of a page that is written: one second, so that a process that is killed has lost no more. */
const packetsPerPage = 50;

/** Writes packets of 20 ms as a file that is whole after {@link OggOpusWriter.end}, and playable before. */
export class OggOpusWriter {
	readonly #write: (bytes: Uint8Array) => void;
	readonly #serial: number;
	#waiting: Bytes[] = [];
	#sequence = 0;
	#packets = 0;

	/** `write` appends to the file; what it throws comes out of the method that was called. */
	constructor(write: (bytes: Uint8Array) => void, serial: number) {
		this.#write = write;
		this.#serial = serial >>> 0;
		// RFC 7845 5.1: version 1, one channel, no pre-skip (what is heard begins in the middle anyway), 48 kHz, no gain.
		const head = concat(utf8("OpusHead"), new Uint8Array([1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]));
		const vendor = utf8("sotto");
		const tags = concat(utf8("OpusTags"), new Uint8Array([vendor.length, 0, 0, 0]), vendor, new Uint8Array(4));
		this.#writePage([head], 2);
		this.#writePage([tags], 0);
	}

	packet(bytes: Bytes): void {
		this.#waiting.push(bytes);
		if (this.#waiting.length >= packetsPerPage || bytes.length > 255) this.#flush(0);
	}

	/** How much was written, in ms. */
	durationMs(): number {
		return ((this.#packets + this.#waiting.length) * samplesPerPacket) / 48;
	}

	/** The last page, which says that it is the last. */
	end(): void {
		this.#flush(4);
	}

	#flush(flags: number): void {
		const packets = this.#waiting;
		this.#waiting = [];
		this.#packets += packets.length;
		this.#writePage(packets, flags);
	}

	#writePage(packets: readonly Bytes[], flags: number): void {
		const lacing = packets.flatMap(({ length }) => [
			...Array<number>(Math.floor(length / 255)).fill(255),
			length % 255,
		]);
		const head = new Uint8Array(pageHeadBytes + lacing.length);
		const view = new DataView(head.buffer);
		view.setUint32(0, 0x4f67_6753);
		head[5] = flags;
		view.setBigUint64(6, BigInt(this.#packets * samplesPerPacket), true);
		view.setUint32(14, this.#serial, true);
		view.setUint32(18, this.#sequence++, true);
		head[26] = lacing.length;
		head.set(lacing, pageHeadBytes);
		const page = concat(head, ...packets);
		new DataView(page.buffer).setUint32(22, oggChecksum(page), true);
		this.#write(page);
	}
}

const checksumTable = Uint32Array.from({ length: 256 }, (_, byte) => {
	let sum = byte << 24;
	for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c1_1db7 : 0);
	return sum;
});

/** CRC-32 with polynomial 0x04c11db7, neither reflected nor inverted (RFC 3533 section 6). */
function oggChecksum(bytes: Uint8Array): number {
	let sum = 0;
	for (const byte of bytes) sum = (sum << 8) ^ (checksumTable[((sum >>> 24) ^ byte) & 0xff] as number);
	return sum >>> 0;
}
