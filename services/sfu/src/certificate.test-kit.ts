import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { Bytes } from "@sotto/bytes";

/** A self-signed certificate for DTLS, as PEM, and its SHA-256: what a join is signed for (K6). */
export type DtlsCertificate = { readonly certificate: string; readonly key: string; readonly fingerprint: Bytes };

/** Makes one as browsers do: ECDSA on P-256 (RFC 5280 section 4.1). A browser makes its own; only tests and the lab need this. */
export function makeDtlsCertificate(): DtlsCertificate {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
	const name = sequence(set(sequence(objectId("550403"), der(0x0c, Buffer.from("sotto lab")))));
	const validity = sequence(der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from("491231235959Z")));
	const serial = der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
	const keyInfo = publicKey.export({ type: "spki", format: "der" });
	const body = sequence(serial, ecdsaWithSha256, name, validity, name, keyInfo);
	const signature = Buffer.concat([Buffer.from([0]), sign("sha256", body, privateKey)]);
	const certificate = sequence(body, ecdsaWithSha256, der(0x03, signature));
	return {
		certificate: pem("CERTIFICATE", certificate),
		key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
		fingerprint: new Uint8Array(createHash("sha256").update(certificate).digest()),
	};
}

function der(tag: number, content: Buffer): Buffer {
	const { length } = content;
	const head =
		length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
	return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...parts: readonly Buffer[]) => der(0x30, Buffer.concat(parts));
const set = (content: Buffer) => der(0x31, content);
const objectId = (hex: string) => der(0x06, Buffer.from(hex, "hex"));

function pem(label: string, bytes: Buffer): string {
	const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
	return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
