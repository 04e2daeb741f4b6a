import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { type Bytes, concat, copyBytes, utf8 } from "@sotto/bytes";

/** A DTLS certificate as node-datachannel takes it. */
export type Certificate = {
	readonly certificatePem: string;
	readonly keyPem: string;
	/** SHA-256 of the certificate: what a join is signed for (K6). */
	readonly fingerprint: Bytes;
};

const lifetimeMs = 2 * 86_400_000;
/** Like a browser's: a certificate that says more would tell which program is in the call. */
const commonName = "WebRTC";

/**
 * A fresh key and a self-signed certificate for one joining (K6), ECDSA on P-256. Our own, because the library names the
 * fingerprint of the one that it makes only once there is an offer, and the join comes before the offer.
 */
export function freshCertificate(now: number): Certificate {
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const name = sequence(set(sequence(objectId("2.5.4.3"), tagged(0x0c, utf8(commonName)))));
	// RFC 5280 4.1, version 1: nobody but the fingerprint vouches for it, so it needs no extension.
	const toSign = sequence(
		positiveInteger(copyBytes(randomBytes(16))),
		ecdsaWithSha256,
		name,
		sequence(time(now - lifetimeMs), time(now + lifetimeMs)),
		name,
		copyBytes(publicKey.export({ type: "spki", format: "der" })),
	);
	const signature = copyBytes(sign("sha256", toSign, privateKey));
	const certificate = sequence(toSign, ecdsaWithSha256, tagged(0x03, concat(new Uint8Array([0]), signature)));
	const lines =
		Buffer.from(certificate)
			.toString("base64")
			.match(/.{1,64}/g) ?? [];
	return {
		certificatePem: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
		keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
		fingerprint: copyBytes(createHash("sha256").update(certificate).digest()),
	};
}

/** DER (X.690): tag, length, content; contents here stay below 64 KiB. */
function tagged(tag: number, content: Uint8Array): Bytes {
	const { length } = content;
	const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
	return concat(new Uint8Array([tag, ...head]), content);
}

const sequence = (...items: readonly Bytes[]): Bytes => tagged(0x30, concat(...items));
const set = (...items: readonly Bytes[]): Bytes => tagged(0x31, concat(...items));

function positiveInteger(bytes: Bytes): Bytes {
	bytes[0] = ((bytes[0] as number) & 0x7f) | 1;
	return tagged(0x02, bytes);
}

function objectId(dotted: string): Bytes {
	const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
	const base128 = (value: number): number[] => {
		const digits = [value & 127];
		for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
		return digits;
	};
	return tagged(0x06, new Uint8Array([40 * first + second, ...rest.flatMap(base128)]));
}

/** UTCTime, which RFC 5280 4.1.2.5 wants until 2049. */
function time(at: number): Bytes {
	const digits = new Date(at).toISOString().replace(/\D/g, "").slice(2, 14);
	return tagged(0x17, utf8(`${digits}Z`));
}

const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));
