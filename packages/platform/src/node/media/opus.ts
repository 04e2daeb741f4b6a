import { type Bytes, err, ok, type Result } from "@sotto/bytes";

/** 20 ms of silence (RFC 6716): CELT, fullband, one channel, and a frame that says nothing. */
export const opusSilence: Bytes = new Uint8Array([0xf8, 0xff, 0xfe]);

/** The frame durations of the 32 configurations (RFC 6716 table 2), in ms. */
const silkMs = [10, 20, 40, 60];
const hybridMs = [10, 20];
const celtMs = [2.5, 5, 10, 20];

function frameMs(config: number): number {
	if (config < 12) return silkMs[config % 4] as number;
	return (config < 16 ? hybridMs[config % 2] : celtMs[config % 4]) as number;
}

/** How long a packet sounds, in ms (RFC 6716 section 3.1); 0 if it is malformed. */
export function opusPacketMs(packet: Uint8Array): number {
	const [toc, count = 0] = packet;
	if (toc === undefined) return 0;
	const frames = [1, 2, 2, count & 63][toc & 3] as number;
	return frames * frameMs(toc >> 3);
}

export type PlayError =
	| { readonly kind: "empty" }
	/** A packet is not 20 ms long. */
	| { readonly kind: "wrongPace"; readonly ms: number }
	/** A packet is larger than a sealed frame of sound can hold. */
	| { readonly kind: "tooLarge"; readonly bytes: number };

/** Whether these packets can go out as they are: 20 ms each, at most `maxBytes`. */
export function checkPlayable(packets: readonly Bytes[], maxBytes: number): Result<readonly Bytes[], PlayError> {
	if (packets.length === 0) return err({ kind: "empty" });
	for (const packet of packets) {
		const ms = opusPacketMs(packet);
		if (ms !== 20) return err({ kind: "wrongPace", ms });
		if (packet.length > maxBytes) return err({ kind: "tooLarge", bytes: packet.length });
	}
	return ok(packets);
}
