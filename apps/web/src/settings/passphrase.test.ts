import { expect, test } from "vitest";
import { strengthOf, suggestPassphrase } from "./passphrase.ts";

test("what is suggested is strong, and another one each time", () => {
	const many = new Set(Array.from({ length: 200 }, suggestPassphrase));
	expect(many.size).toBe(200);
	for (const passphrase of many) {
		expect(passphrase).toMatch(/^[a-z]{5}( [a-z]{5}){5}$/);
		expect(strengthOf(passphrase)).toBe("strong");
	}
});

test("short and monotonous passphrases are called what they are", () => {
	expect(strengthOf("hunter2")).toBe("short");
	expect(strengthOf("1234567890")).toBe("weak");
	expect(strengthOf("aaaaaaaaaaaaaaaa")).toBe("weak");
	expect(strengthOf("correcthorse")).toBe("weak");
	expect(strengthOf("correct horse battery")).not.toBe("weak");
	expect(strengthOf("correct horse battery staple")).toBe("strong");
});
