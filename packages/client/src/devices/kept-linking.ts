import {
	type Bytes,
	bytesShape,
	encodeCbor,
	literalShape,
	mapShape,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import { maxNameLength, timeShape } from "@sotto/protocol";
import { revealed, secretShape } from "../store/secrets.ts";

const record = bytesShape(1, 524_288);

const keptShape = taggedShape("side", {
	new: mapShape({
		side: literalShape("new"),
		code: textShape(16),
		home: textShape(300),
		deviceName: textShape(maxNameLength),
		deviceSeed: secretShape(32),
		notifierKey: bytesShape(32, 32),
		/** The card as it was appended: other bytes would be a second one. */
		record,
		digits: textShape(16),
		otherName: textShape(maxNameLength),
		fromNew: secretShape(32),
		fromExisting: secretShape(32),
		expiresAt: timeShape,
	}),
	existing: mapShape({ side: literalShape("existing"), code: textShape(16), record }),
});
/** Linking from the moment from which a crash must not leave half a device behind. */
export type KeptLinking = ShapeOf<typeof keptShape>;

export function encodeKeptLinking(kept: KeptLinking): Bytes {
	if (kept.side === "existing") return encodeCbor({ ...kept });
	const { deviceSeed, fromNew, fromExisting } = kept;
	const secrets = {
		deviceSeed: revealed(deviceSeed),
		fromNew: revealed(fromNew),
		fromExisting: revealed(fromExisting),
	};
	return encodeCbor({ ...kept, ...secrets });
}

export function decodeKeptLinking(bytes: Uint8Array): Result<KeptLinking, ShapeError> {
	return parseCbor(keptShape, bytes);
}
