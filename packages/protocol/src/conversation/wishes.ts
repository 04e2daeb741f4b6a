import {
	type Bytes,
	bytesShape,
	type CborValue,
	encodeCbor,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
	taggedShape,
	textShape,
} from "@sotto/bytes";
import { parseAccountKey, parseLogId, shapeOf } from "@sotto/crypto";
import { maxStatementBytes } from "../authenticated-data.ts";
import { timeShape } from "../content.ts";
import { maxDevices } from "../device-list.ts";
import { maxGroupNameLength, maxGroupPictureBytes } from "../policy.ts";

const account = shapeOf(parseAccountKey);
const device = mapShape({
	/** The device's listed key (D1): by this it is known in the group. */
	device: bytesShape(32, 32),
	/** `H("sotto key package", …)`, and the package itself. */
	packageHash: bytesShape(32, 32),
	keyPackage: bytesShape(1, 65_536),
});

/** Where an account's devices find the letter with their Welcome (C1). */
export const letterAddressShape = mapShape({
	logId: shapeOf(parseLogId),
	appendCap: bytesShape(32, 32),
	publicKey: bytesShape(1216, 1216),
	ringAddress: optional(bytesShape(80, 160)),
});
export type LetterAddress = ShapeOf<typeof letterAddressShape>;

const wishShape = taggedShape("kind", {
	/** Devices of an account are in, and the account is named in the policy. */
	devicesIn: mapShape({
		kind: literalShape("devicesIn"),
		account,
		devices: listShape(device, maxDevices),
		letterTo: letterAddressShape,
	}),
	/** No leaf of the account is in, and the policy does not name it. */
	accountOut: mapShape({ kind: literalShape("accountOut"), account }),
	/** No leaf of this device of an account is in. */
	deviceOut: mapShape({ kind: literalShape("deviceOut"), account, device: bytesShape(32, 32) }),
	/** The leaf with this signature key is not in. */
	leafOut: mapShape({ kind: literalShape("leafOut"), signatureKey: bytesShape(32, 32) }),
	/** The same, because nobody heard of it for too long (D3); dropped as soon as somebody does. */
	silentOut: mapShape({ kind: literalShape("silentOut"), signatureKey: bytesShape(32, 32) }),
	named: mapShape({ kind: literalShape("named"), name: textShape(maxGroupNameLength) }),
	/** Without a picture: the group has none. */
	pictured: mapShape({ kind: literalShape("pictured"), picture: optional(bytesShape(1, maxGroupPictureBytes)) }),
	hasRole: mapShape({ kind: literalShape("hasRole"), account, role: literalShape("admin", "member") }),
	/** A signed statement is carried out (C9). `replace` and `enter` bring the package that they name, and its letter's address. */
	carriedOut: mapShape({
		kind: literalShape("carriedOut"),
		statement: bytesShape(1, maxStatementBytes),
		/** The signature key of the leaf that goes, or of the one that signed a `leave`: when it is gone, so is the wish. */
		signatureKey: optional(bytesShape(32, 32)),
		comes: optional(
			mapShape({
				account,
				device,
				letterTo: letterAddressShape,
				/** The package's signature key: its leaf is known by this where the device has another in the group already. */
				leafKey: optional(bytesShape(32, 32)),
			}),
		),
	}),
});
/**
 * What a device wants the group to be like: an outcome, not a change, so that a lost race, a crash, or somebody else's having
 * done it never does anything twice. It is looked at against the group in force each time a commit can be made.
 */
export type Wish = ShapeOf<typeof wishShape>;

const storedShape = mapShape({
	wish: wishShape,
	/** Not before this time: what several devices could do waits a random time (C11). */
	notBefore: integerShape(0, 2 ** 48),
	madeAt: timeShape,
});
export type StoredWish = ShapeOf<typeof storedShape>;

/** For the local store. */
export function encodeWish({ wish, notBefore, madeAt }: StoredWish): Bytes {
	return encodeCbor({ wish: { ...wish } as CborValue, notBefore, madeAt });
}

export function decodeWish(bytes: Uint8Array): Result<StoredWish, ShapeError> {
	return parseCbor(storedShape, bytes);
}
