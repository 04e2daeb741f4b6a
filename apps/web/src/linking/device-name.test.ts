import { expect, test } from "vitest";
import { deviceNameOf } from "./device-name.ts";

test("a device is called by its browser and its system", () => {
	const linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36";
	expect(deviceNameOf(linux)).toBe("Chrome · Linux");
	expect(deviceNameOf(`${linux} Edg/156.0`)).toBe("Edge · Linux");
	expect(deviceNameOf("Mozilla/5.0 (Android 14; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0")).toBe(
		"Firefox · Android",
	);
	expect(deviceNameOf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604")).toBe(
		"Safari · iPhone",
	);
	expect(deviceNameOf("")).toBe("Browser");
});
