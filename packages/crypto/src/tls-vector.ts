import { type Bytes, concat } from "@sotto/bytes";

/** `opaque value<V>` of RFC 9420 2.1.2: the shortest of the 1, 2 and 4 byte lengths, then the value. */
export function encodeVector(value: Uint8Array): Bytes {
	const length = value.length;
	if (length < 0x40) return concat(new Uint8Array([length]), value);
	if (length < 0x4000) return concat(new Uint8Array([0x40 | (length >> 8), length & 0xff]), value);
	return concat(new Uint8Array([0x80 | (length >> 24), length >> 16, length >> 8, length]), value);
}
