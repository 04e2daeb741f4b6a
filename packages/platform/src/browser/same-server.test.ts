import { expect, test } from "vitest";
import { isOfThisServer } from "./same-server.ts";

const page = "https://sotto.example";

test("a link of the page's own server may be followed", () => {
	expect(isOfThisServer("https://sotto.example/#abc", page)).toBe(true);
	expect(isOfThisServer("  https://sotto.example/#abc\n", page)).toBe(true);
});

test("a link of another host, port or scheme may not: the page's policy forbids it", () => {
	expect(isOfThisServer("https://other.example/#abc", page)).toBe(false);
	expect(isOfThisServer("https://sotto.example:8443/#abc", page)).toBe(false);
	expect(isOfThisServer("http://sotto.example/#abc", page)).toBe(false);
	expect(isOfThisServer("https://sotto.example.evil.example/#abc", page)).toBe(false);
});

test("on the own machine localhost and 127.0.0.1 are one server, at one port", () => {
	expect(isOfThisServer("http://127.0.0.1:8080/#abc", "http://localhost:8080")).toBe(true);
	expect(isOfThisServer("http://127.0.0.1:8081/#abc", "http://localhost:8080")).toBe(false);
	expect(isOfThisServer("http://localhost:8080/#abc", page)).toBe(false);
});

test("what is no address at all is left to the engine's judgement", () => {
	expect(isOfThisServer("hello", page)).toBe(true);
	expect(isOfThisServer("", page)).toBe(true);
});
