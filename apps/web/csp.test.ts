import { expect, test } from "vitest";
import { contentSecurityPolicy } from "./csp.ts";

const directives = (policy: string) =>
	new Map(policy.split("; ").map((text) => [text.split(" ")[0], text.split(" ").slice(1)]));

test("nothing may be loaded from or sent to another host, and no inline script runs", () => {
	const all = directives(contentSecurityPolicy("https://calls.example"));
	const sources = [...all.entries()].filter(([name]) => name?.endsWith("-src"));
	const hosts = sources.flatMap(([, values]) => values).filter((value) => value.includes("//"));
	expect(hosts).toEqual(["wss://calls.example"]);
	expect(all.get("default-src")).toEqual(["'none'"]);
	expect(all.get("script-src")).toEqual(["'self'"]);
	expect(contentSecurityPolicy("https://calls.example")).not.toContain("unsafe");
});

test("markup and script addresses are never made from text: Trusted Types, with the one policy for our own workers", () => {
	const all = directives(contentSecurityPolicy());
	expect(all.get("require-trusted-types-for")).toEqual(["'script'"]);
	expect(all.get("trusted-types")).toEqual(["sotto-worker"]);
});

test("an address without TLS names its plain socket", () => {
	expect(directives(contentSecurityPolicy("http://localhost:8080")).get("connect-src")).toEqual([
		"'self'",
		"ws://localhost:8080",
	]);
});
