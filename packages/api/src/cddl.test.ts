import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CborValue, encodeCbor, type Shape } from "@sotto/bytes";
import { describe, expect, test } from "vitest";
import * as api from "./index.ts";
import { allowedValues, type CddlType, forbiddenValues, readCddl } from "./cddl.test-kit.ts";

const spec = join(import.meta.dirname, "../../../docs/spec");
const read = (page: string) => readFileSync(join(spec, page), "utf8");
const home = readCddl(read("home.cddl"));
const notifier = readCddl(read("notifier.cddl"));

type AnyRoute = api.Route<object, unknown>;
type Keys<T> = { readonly [K in keyof Required<T>]: true };

/** Every field that the types know, the optional ones too: the compiler refuses a list that is not whole. */
function documented<Q extends object, A>(route: api.Route<Q, A>, request: Keys<Q>, response: Keys<A>) {
	const name = route.path.replace(/^\/v1\//, "").replaceAll("/", "-");
	return {
		route: route as unknown as AnyRoute,
		name,
		request: ["v", ...Object.keys(request)],
		response: Object.keys(response),
	};
}

const logId = { logId: true } as const;
const routes = [
	documented(api.createLogRoute, { ...logId, readHash: true, appendHash: true, ownerHash: true }, {}),
	documented(
		api.appendRoute,
		{ ...logId, appendCap: true, readCap: true, dedupeId: true, expectHead: true, record: true },
		{ tip: true },
	),
	documented(
		api.readRoute,
		{ ...logId, readCap: true, after: true, limit: true },
		{ first: true, records: true, tip: true },
	),
	documented(api.trimRoute, { ...logId, ownerCap: true, upTo: true }, {}),
	documented(api.deleteLogRoute, { ...logId, ownerCap: true }, {}),
	documented(api.putBlobChunkRoute, { blobId: true, writeCap: true, index: true, chunkCount: true, chunk: true }, {}),
	documented(api.getBlobChunkRoute, { blobId: true, index: true }, { chunkCount: true, complete: true, chunk: true }),
	documented(api.notifierKeyRoute, {}, { publicKey: true }),
	documented(api.ringRoute, { address: true, hint: true, urgency: true }, {}),
];

function ruleOf(route: AnyRoute, name: string): Extract<CddlType, { kind: "map" }> {
	const rule = (route.role === "home" ? home : notifier).get(name);
	if (rule?.kind !== "map") throw new Error(`${name} is not in the CDDL of ${route.role}`);
	return rule;
}

describe("the CDDL and the shapes say the same", () => {
	test("every route of home and notifier stands in its page", () => {
		const known = Object.values(api as { [name: string]: unknown }).filter(
			(value): value is AnyRoute => typeof value === "object" && value !== null && "path" in value && "role" in value,
		);
		const described = known.filter(({ role }) => role !== "sfu").map(({ path }) => path);
		expect(described.toSorted()).toEqual(routes.map(({ route }) => route.path).toSorted());
	});

	for (const { route, name, request, response } of routes) {
		test(`${route.path}: the same fields`, () => {
			expect([...ruleOf(route, `${name}-request`).fields.keys()].toSorted()).toEqual(request.toSorted());
			expect([...ruleOf(route, `${name}-response`).fields.keys()].toSorted()).toEqual(response.toSorted());
		});

		test(`${route.path}: what the page allows is taken, what it forbids is refused`, () => {
			const asked = ruleOf(route, `${name}-request`);
			const parse = (value: CborValue) => api.parseRequest(route, encodeCbor(value)).ok;
			for (const value of allowedValues(asked)) expect(parse(value)).toBe(true);
			for (const value of forbiddenValues(asked)) expect(parse(value), describeValue(value)).toBe(false);
			compare(route.response, ruleOf(route, `${name}-response`));
		});
	}

	test("the frames of attaching", () => {
		for (const rule of ["attach", "deny", "ping"]) compare(api.attachRequestShape, notifier.get(rule) as CddlType);
		for (const rule of ["attached", "ring-event", "pong"])
			compare(api.attachEventShape, notifier.get(rule) as CddlType);
		for (const code of Object.keys(api.refusals))
			expect(api.attachEventShape({ type: "refused", code }, "").ok).toBe(true);
	});

	test("a page that drifts away is noticed", () => {
		const drifted = readCddl("version = 1\nask = { v: version, after: 0..4095, ? more: bstr .size 2 }");
		const rule = drifted.get("ask") as Extract<CddlType, { kind: "map" }>;
		expect([...rule.fields.keys()]).toEqual(["v", "after", "more"]);
		expect(() => compare(api.readRoute.request as Shape<unknown>, rule)).toThrow();
		expect(() => readCddl("a = b")).toThrow("no rule b");
		expect(() => readCddl("a = float16")).toThrow();
	});
});

function compare(shape: Shape<unknown>, rule: CddlType): void {
	for (const value of allowedValues(rule)) expect(shape(value, "").ok, describeValue(value)).toBe(true);
	for (const value of forbiddenValues(rule)) expect(shape(value, "").ok, describeValue(value)).toBe(false);
}

function describeValue(value: CborValue): string {
	return JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? `${part.length} bytes` : part)).slice(0, 300);
}

test("errors.md lists every refusal with its status, and no other", () => {
	const rows = [...read("errors.md").matchAll(/^\| `(\w+)` \| (\d+) \| (yes|no) \| .+ \|$/gm)].map(
		([, code, status, again]) => [code, { status: Number(status), retryable: again === "yes" }] as const,
	);
	expect(Object.fromEntries(rows)).toEqual(api.refusals);
	expect(rows.map(([code]) => code)).toEqual(Object.keys(api.refusals));
});
