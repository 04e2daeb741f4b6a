import {
	type Bytes,
	bytesShape,
	copyBytes,
	encodeCbor,
	equalBytes,
	err,
	invariant,
	mapShape,
	ok,
	parseCbor,
	type Result,
	Secret,
} from "@sotto/bytes";
import { type Capabilities, capabilitiesEncoder } from "ts-mls/capabilities.js";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import {
	generateKeyPackageWithKey,
	type KeyPackage,
	type PrivateKeyPackage,
	verifyKeyPackage,
} from "ts-mls/keyPackage.js";
import { type LeafNode, verifyLeafNodeSignatureKeyPackage } from "ts-mls/leafNode.js";
import { decodeMlsMessage, encodeMlsMessage } from "ts-mls/message.js";
import { hash } from "../hash.ts";
import { isUsableEd25519Key } from "../point-checks.ts";
import { generateSigningKey } from "../signatures.ts";
import { credentialBytes, policyExtensionType } from "./state.ts";
import { findSuite, type Suite, suiteNamed } from "./suite.ts";
import {
	defaultSuite,
	type KeyPackageSecrets,
	type KeyPackageView,
	type LeafSignatureKey,
	maxCredential,
	maxKeyPackage,
	type MlsSuite,
} from "./types.ts";

/** A fresh signature key for one leaf. Made before the key package, because the credential vouches for it (D1). */
export function generateLeafSignatureKey(): Promise<LeafSignatureKey> {
	return generateSigningKey();
}

// A clock behind ours must not find a fresh package not yet valid.
const clockSkewMs = 3_600_000;

/**
 * Makes a key package (RFC 9420 section 10): fresh init and leaf keys, signed by `signatureKey`. It is to be used once.
 * `credential` is ours (D1), at most 16 KiB. `now` in ms since 1970.
 */
export async function createKeyPackage(options: {
	readonly suite?: MlsSuite;
	readonly credential: Uint8Array;
	readonly signatureKey: LeafSignatureKey;
	readonly now: number;
	readonly lifetimeMs: number;
}): Promise<KeyPackageSecrets> {
	invariant(options.credential.length <= maxCredential, "a credential is at most 16 KiB");
	const suite = suiteNamed(options.suite ?? defaultSuite);
	const lifetime = {
		notBefore: BigInt(Math.max(0, Math.floor((options.now - clockSkewMs) / 1000))),
		notAfter: BigInt(Math.floor((options.now + options.lifetimeMs) / 1000)),
	};
	const { publicPackage, privatePackage } = await generateKeyPackageWithKey(
		{ credentialType: "basic", identity: copyBytes(options.credential) },
		capabilitiesOf(suite),
		lifetime,
		[],
		{ publicKey: options.signatureKey.publicKey, signKey: options.signatureKey.privateKey.use(copyBytes) },
		suite.cs,
	);
	const publicBytes = encodePackage(publicPackage);
	return { publicBytes, hash: hashPackage(publicPackage), privateBytes: new Secret(encodePrivate(privatePackage)) };
}

/** Reads and verifies somebody's key package; whether its credential is acceptable, and its lifetime, is the caller's to say. */
export async function readKeyPackage(publicBytes: Uint8Array): Promise<Result<KeyPackageView, "badPackage">> {
	const decoded = decodePackage(publicBytes);
	if (!decoded.ok) return decoded;
	const suite = findSuite(decoded.value.cipherSuite);
	if (suite === undefined || !(await isValidPackage(suite, decoded.value))) return err("badPackage");
	const { leafNode } = decoded.value;
	return ok({
		suite: suite.name,
		credential: credentialBytes(leafNode),
		signatureKey: copyBytes(leafNode.signaturePublicKey),
		notBefore: milliseconds(leafNode.lifetime.notBefore),
		notAfter: milliseconds(leafNode.lifetime.notAfter),
		hash: hashPackage(decoded.value),
	});
}

function milliseconds(seconds: bigint): number {
	return Math.min(Number(seconds) * 1000, Number.MAX_SAFE_INTEGER);
}

export function encodePackage(keyPackage: KeyPackage): Bytes {
	return copyBytes(encodeMlsMessage({ version: "mls10", wireformat: "mls_key_package", keyPackage }));
}

export function hashPackage(keyPackage: KeyPackage): Bytes {
	return hash("sotto key package", encodePackage(keyPackage));
}

export function decodePackage(publicBytes: Uint8Array): Result<KeyPackage, "badPackage"> {
	if (publicBytes.length > maxKeyPackage) return err("badPackage");
	try {
		const message = decodeMlsMessage(copyBytes(publicBytes), 0)?.[0];
		if (message?.wireformat !== "mls_key_package") return err("badPackage");
		return equalBytes(encodePackage(message.keyPackage), publicBytes) ? ok(message.keyPackage) : err("badPackage");
	} catch {
		// The library's decoders throw CodecError on malformed bytes.
		return err("badPackage");
	}
}

/** What a leaf of ours can do: exactly this, so that a leaf has nothing to negotiate with. */
export function capabilitiesOf(suite: Suite): Capabilities {
	return {
		versions: ["mls10"],
		ciphersuites: [suite.name],
		extensions: [policyExtensionType],
		proposals: [],
		credentials: ["basic"],
	};
}

/** Whether a leaf node has our shape: a basic credential, our capabilities, no extensions, usable keys. Signatures are checked elsewhere. */
export function isOurLeaf(suite: Suite, leaf: LeafNode): boolean {
	return (
		leaf.credential.credentialType === "basic" &&
		leaf.credential.identity.length <= maxCredential &&
		leaf.extensions.length === 0 &&
		equalBytes(encode(capabilitiesEncoder)(leaf.capabilities), encode(capabilitiesEncoder)(capabilitiesOf(suite))) &&
		isUsableEd25519Key(leaf.signaturePublicKey) &&
		suite.kem.isUsableKey(leaf.hpkePublicKey)
	);
}

/** Everything about a package that all members see alike; not its lifetime (C2). */
export async function isValidPackage(suite: Suite, keyPackage: KeyPackage): Promise<boolean> {
	const { leafNode } = keyPackage;
	return (
		keyPackage.version === "mls10" &&
		keyPackage.cipherSuite === suite.name &&
		keyPackage.extensions.length === 0 &&
		isOurLeaf(suite, leafNode) &&
		suite.kem.isUsableKey(keyPackage.initKey) &&
		!equalBytes(keyPackage.initKey, leafNode.hpkePublicKey) &&
		(await verifyLeafNodeSignatureKeyPackage(leafNode, suite.cs.signature)) &&
		(await verifyKeyPackage(keyPackage, suite.cs.signature))
	);
}

const privateShape = mapShape({ init: bytesShape(32, 32), leaf: bytesShape(32, 32), signature: bytesShape(32, 32) });

function encodePrivate(keys: PrivateKeyPackage): Bytes {
	return encodeCbor({ init: keys.initPrivateKey, leaf: keys.hpkePrivateKey, signature: keys.signaturePrivateKey });
}

/** The parts of one's own package, as they come from storage. */
export function openOwnPackage(own: KeyPackageSecrets): { keyPackage: KeyPackage; keys: PrivateKeyPackage } {
	const keyPackage = decodePackage(own.publicBytes);
	const keys = own.privateBytes.use((bytes) => parseCbor(privateShape, bytes));
	invariant(keyPackage.ok && keys.ok, "one's own key package is stored whole");
	const { init, leaf, signature } = keys.value;
	return {
		keyPackage: keyPackage.value,
		keys: { initPrivateKey: init, hpkePrivateKey: leaf, signaturePrivateKey: signature },
	};
}
