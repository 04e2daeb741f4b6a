import {
	type Bytes,
	bytesShape,
	encodeCbor,
	integerShape,
	listShape,
	mapShape,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
} from "@sotto/bytes";
import { timeShape } from "@sotto/protocol";

/** Letters to whose packages an answer is still taken. */
export const maxAskedPackages = 16;

const askingShape = mapShape({
	/** The last epoch that was known when the backup was made: what the statement names (C9). */
	epoch: integerShape(0, 2 ** 40),
	/** Letters so far. */
	asked: integerShape(0, 2 ** 31),
	/** Not before this time the next member is asked. */
	nextAt: timeShape,
	/** The packages that letters named: by one of them it comes in. */
	packages: listShape(bytesShape(32, 32), maxAskedPackages),
});
/** How far this device has come in asking to be let into a conversation. */
export type Asking = ShapeOf<typeof askingShape>;

export function encodeAsking(asking: Asking): Bytes {
	return encodeCbor({ ...asking, packages: [...asking.packages] });
}

export function decodeAsking(bytes: Uint8Array): Result<Asking, ShapeError> {
	return parseCbor(askingShape, bytes);
}
