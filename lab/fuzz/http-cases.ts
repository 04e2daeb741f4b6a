import { apiVersion } from "@sotto/api";
import { type Bytes, concat, encodeCbor } from "@sotto/bytes";
import { below, type Chance, mutateBytes, mutateFields, pick, someBytes, someLength, strangeCbor } from "./mutate.ts";
import type { KnownRequest, World } from "./world.ts";

/** One HTTP request of the run, and what sort of misuse it is. */
export type HttpCase = {
	readonly kind: string;
	readonly method: string;
	readonly path: string;
	readonly headers: { readonly [name: string]: string };
	readonly body: Bytes;
	/** Whether the length is declared, or the body comes in chunks. */
	readonly declaresLength: boolean;
};

const ours = { "content-type": "application/cbor" };

/** The next request. None of them may change anything: valid ones are repetitions, the rest is to be refused. */
export function someHttpCase(chance: Chance, { requests }: World): HttpCase {
	const known = pick(chance, requests);
	const post = (kind: string, body: Bytes): HttpCase => {
		return { kind, method: "POST", path: known.route.path, headers: ours, body, declaresLength: chance() < 0.8 };
	};
	const whole = { v: apiVersion, ...known.fields };
	switch (below(chance, 11)) {
		case 0:
			return post("random bytes", someBytes(chance, someLength(chance, 70_000)));
		case 1:
		case 2:
			return post("mutated body", mutateBytes(chance, encodeCbor(known.isFree ? { ...whole, v: 2 } : whole)));
		case 3:
		case 4:
			return post("mutated field", mutateFields(chance, known.isFree ? { ...whole, v: 2 } : whole));
		case 5:
			return post("unknown version", encodeCbor({ ...known.fields, v: pick(chance, [0, 2, 99, -1, "1", null]) }));
		case 6:
			return post(known.isHostile ? "wrong capability" : "replayed", encodeCbor(whole));
		case 7:
			return post("strange CBOR", strangeCbor(chance));
		case 8:
			return post("oversized", concat(encodeCbor(whole), new Uint8Array(known.route.maxRequestBytes)));
		case 9:
			return { ...post("wrong door", encodeCbor(whole)), ...wrongDoor(chance, known) };
		default:
			return post("another route's body", encodeCbor({ v: apiVersion, ...pick(chance, requests).fields }));
	}
}

function wrongDoor(chance: Chance, { route }: KnownRequest): Partial<HttpCase> {
	switch (below(chance, 3)) {
		case 0:
			return { method: pick(chance, ["GET", "PUT", "DELETE", "PATCH", "PROPFIND"]) };
		case 1:
			return { headers: { "content-type": pick(chance, ["text/plain", "application/json", "", "a/b; c=d"]) } };
		default:
			return {
				path: pick(chance, [`${route.path}/`, "/v1/", "/v1/../v1/log", `/v1/${"x".repeat(3000)}`, "/v1/log/%00"]),
			};
	}
}
