import {
	booleanShape,
	type Bytes,
	bytesToBase64url,
	encodeCbor,
	literalShape,
	mapShape,
	parseCbor,
	type ShapeOf,
	textShape,
} from "@sotto/bytes";
import { maxNameLength, timeShape } from "@sotto/protocol";

const infoShape = mapShape({
	v: literalShape(1),
	/** "" if nobody named it. */
	name: textShape(maxNameLength),
	linkedAt: timeShape,
	/** Whether it holds the account key (D1). */
	primary: booleanShape,
});
/** What the account's devices tell each other of one of them. */
export type DeviceInfo = ShapeOf<typeof infoShape>;

/** The register that says so of a device, by its listed key. */
export function deviceRegister(device: Uint8Array): string {
	return `device/${bytesToBase64url(device)}`;
}

export function encodeDeviceInfo(info: DeviceInfo): Bytes {
	return encodeCbor({ ...info });
}

export function decodeDeviceInfo(bytes: Uint8Array | undefined): DeviceInfo | undefined {
	const info = bytes === undefined ? undefined : parseCbor(infoShape, bytes);
	return info?.ok ? info.value : undefined;
}
