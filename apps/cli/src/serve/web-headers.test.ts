import { expect, test } from "vitest";
import { webHeaders } from "./web-headers.ts";

function sources(headers: Readonly<Record<string, string>>, directive: string): string[] {
	const policy = headers["content-security-policy"] ?? "";
	const found = policy.split("; ").find((part) => part.startsWith(`${directive} `));
	return found?.split(" ").slice(1) ?? [];
}

test("behind a name of its own a page may talk to that server alone", () => {
	const headers = webHeaders({ origins: ["https://sotto.example"], isSecure: true });
	expect(sources(headers, "connect-src")).toEqual(["'self'", "wss://sotto.example"]);
	expect(sources(headers, "script-src")).toEqual(["'self'"]);
	expect(headers["strict-transport-security"]).toBe("max-age=31536000");
});

test("on this machine both names of the server may be opened, and nothing else is added", () => {
	const headers = webHeaders({ origins: ["http://localhost:8080", "http://127.0.0.1:8080"], isSecure: false });
	expect(sources(headers, "connect-src")).toEqual(["'self'", "ws://localhost:8080", "ws://127.0.0.1:8080"]);
	expect(headers["strict-transport-security"]).toBeUndefined();
});

test("the pages of this server are isolated, name no referrer, and ask for camera and microphone only", () => {
	const headers = webHeaders({ origins: ["https://sotto.example"], isSecure: true });
	expect(headers).toMatchObject({
		"cross-origin-opener-policy": "same-origin",
		"cross-origin-resource-policy": "same-origin",
		"referrer-policy": "no-referrer",
		"x-content-type-options": "nosniff",
	});
	expect(headers["permissions-policy"]).toContain("microphone=(self)");
	expect(headers["permissions-policy"]).toContain("geolocation=()");
});
