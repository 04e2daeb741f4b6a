import {
	type Bytes,
	type CborValue,
	decodeCbor,
	encodeCbor,
	err,
	ok,
	parseCbor,
	type Result,
	type Shape,
	type ShapeError,
} from "@sotto/bytes";
import type { Refusal } from "./errors.ts";

/** The version that every request states under `v`. */
export const apiVersion = 1;

/** One request of the contract: where it goes, how large it may be, and the shapes of both bodies. */
export type Route<Request, Response> = {
	readonly path: `/v1/${string}`;
	/** Which role answers; the client's ledger and the disclosure name it. */
	readonly role: "home" | "notifier" | "sfu";
	readonly maxRequestBytes: number;
	readonly maxResponseBytes: number;
	readonly request: Shape<Request>;
	readonly response: Shape<Response>;
};

export type RequestOf<R> = R extends Route<infer Request, unknown> ? Request : never;
export type ResponseOf<R> =
	R extends Route<never, infer Response> ? Response : R extends Route<infer _, infer Response> ? Response : never;

/** Writes a request's body. The version is added here, so no caller can forget it. */
export function encodeRequest<Request extends object>(_route: Route<Request, unknown>, request: Request): Bytes {
	return encodeCbor({ v: apiVersion, ...(request as { [key: string]: CborValue }) });
}

/** Parses a request's body: size first, then version, then shape. */
export function parseRequest<Request>(route: Route<Request, unknown>, bytes: Uint8Array): Result<Request, Refusal> {
	if (bytes.length > route.maxRequestBytes) return err({ code: "tooLarge" });
	const decoded = decodeCbor(bytes);
	if (!decoded.ok || !isPlainMap(decoded.value)) return err({ code: "malformed", at: "body" });
	const { v, ...fields } = decoded.value;
	if (v !== apiVersion)
		return err(Number.isSafeInteger(v) ? { code: "unknownVersion" } : { code: "malformed", at: "body.v" });
	const parsed = route.request(fields, "body");
	return parsed.ok ? ok(parsed.value) : err({ code: "malformed", at: parsed.error.at });
}

/** Parses a response's body, as the client reads it. */
export function parseResponse<Response>(
	route: Route<unknown, Response>,
	bytes: Uint8Array,
): Result<Response, ShapeError | { readonly kind: "tooLarge" }> {
	if (bytes.length > route.maxResponseBytes) return err({ kind: "tooLarge" });
	return parseCbor(route.response, bytes);
}

function isPlainMap(value: CborValue): value is { readonly [key: string]: CborValue | undefined } {
	return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
