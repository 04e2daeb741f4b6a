import {
	type Bytes,
	encodeCbor,
	integerShape,
	mapShape,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
} from "@sotto/bytes";
import { timeShape } from "@sotto/protocol";

const askingShape = mapShape({
	/** The last epoch that was known when the backup was made: what the statement names (C9). */
	epoch: integerShape(0, 2 ** 40),
	/** Letters so far. */
	asked: integerShape(0, 2 ** 31),
	/** Not before this time the next member is asked. */
	nextAt: timeShape,
});
/** How far this device has come in asking to be let into a conversation. */
export type Asking = ShapeOf<typeof askingShape>;

export function encodeAsking(asking: Asking): Bytes {
	return encodeCbor({ ...asking });
}

export function decodeAsking(bytes: Uint8Array): Result<Asking, ShapeError> {
	return parseCbor(askingShape, bytes);
}
