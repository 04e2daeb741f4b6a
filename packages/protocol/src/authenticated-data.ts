import {
	type Bytes,
	bytesShape,
	encodeCbor,
	err,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	ok,
	optional,
	parseCbor,
	type Result,
	type ShapeOf,
} from "@sotto/bytes";

/** Statements that one commit may carry out (C9), and the bytes of one. */
export const maxStatements = 16;
export const maxStatementBytes = 512;
const maxAuthenticatedDataBytes = 12_288;
const place = mapShape({ seq: integerShape(0, 4096), head: bytesShape(32, 32) });

const statedShape = mapShape({
	v: literalShape(1),
	/** Which log of its seed (L3) the author stood in: a message that found its log full says so in the next one. */
	index: integerShape(0, 2 ** 31),
	at: place,
	/** In its author's first message of a log that followed another: where it saw that one end. */
	closing: optional(place),
	/** Signed statements that a commit carries out (C9); a message has none. */
	statements: optional(listShape(bytesShape(1, maxStatementBytes), maxStatements)),
});
/** What the author of a message or commit had reached, authenticated with it (C8). */
export type StatedPosition = ShapeOf<typeof statedShape>;

export function encodeStatedPosition(stated: StatedPosition): Bytes {
	const { at, closing, statements } = stated;
	return encodeCbor({
		...stated,
		at: { ...at },
		closing: closing && { ...closing },
		statements: statements && [...statements],
	});
}

export function parseStatedPosition(bytes: Uint8Array): Result<StatedPosition, "malformed"> {
	if (bytes.length > maxAuthenticatedDataBytes) return err("malformed");
	const parsed = parseCbor(statedShape, bytes);
	return parsed.ok ? ok(parsed.value) : err("malformed");
}
