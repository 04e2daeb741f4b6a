import {
	type Bytes,
	bytesShape,
	encodeCbor,
	err,
	mapShape,
	ok,
	parseCbor,
	type Result,
	type Shape,
} from "@sotto/bytes";
import { type SigningKey, sign, verify } from "@sotto/crypto";

/**
 * What somebody signs: the exact bytes of the body travel with the signature, so nobody has to write the body again to
 * verify it.
 */
export type Signed = { readonly body: Bytes; readonly signature: Bytes };

export const signatureShape = bytesShape(64, 64);

export function signedShape(maxBodyBytes: number): Shape<Signed> {
	return mapShape({ body: bytesShape(1, maxBodyBytes), signature: signatureShape });
}

export async function signBody(label: string, key: SigningKey, body: Uint8Array): Promise<Signed> {
	return { body: body.slice() as Bytes, signature: await sign(label, key, body) };
}

export function encodeSigned(signed: Signed): Bytes {
	return encodeCbor({ body: signed.body, signature: signed.signature });
}

/** Verifies first and parses then, so that no parser works on what nobody signed. Error: `badSignature` or `wrongShape`. */
export async function openSigned<T>(
	label: string,
	publicKey: Uint8Array,
	shape: Shape<T>,
	signed: Signed,
): Promise<Result<T, "badSignature" | "wrongShape">> {
	if (!(await verify(label, publicKey, signed.body, signed.signature))) return err("badSignature");
	const body = parseCbor(shape, signed.body);
	return body.ok ? ok(body.value) : err("wrongShape");
}
