import { expect, test } from "vitest";
import { newlySaid } from "./settings-follow.ts";

test("only what follows the account is taken over, and only where it was said since", () => {
	const dark = { "preference.theme": "dark", "preference.notifyNames": "false" };
	expect(newlySaid({}, {})).toEqual({});
	expect(newlySaid(dark, {})).toEqual({ theme: "dark", notifyNames: false });
	expect(newlySaid({ ...dark, "preference.theme": "light" }, dark)).toEqual({ theme: "light" });
	expect(newlySaid(dark, dark)).toEqual({});
	expect(newlySaid({ "preference.sounds": "false", "preference.notify": "true" }, {})).toEqual({});
});

test("a value that this version does not know changes nothing", () => {
	expect(newlySaid({ "preference.theme": "sepia", "preference.compareServers": "1" }, {})).toEqual({});
});
