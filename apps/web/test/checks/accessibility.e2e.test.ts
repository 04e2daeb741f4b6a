import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchShell } from "../../../../lab/browsers.ts";
import { type PreviewServer, servePreview } from "./preview-server.ts";
import { type Screen, screens } from "./screens.ts";

/** Layout goes by size and contrast by theme: each of both is seen, and not every pair. */
const looks = [
	{ name: "phone", width: 390, height: 844, colorScheme: "light" },
	{ name: "desktop", width: 1280, height: 800, colorScheme: "dark" },
] as const;
/** Some 40 screens, each built up anew, on a machine that may be busy with other things. */
const patienceMs = 400_000;
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What axe and the browser found wrong with one screen; empty if nothing. */
async function faultsOf(context: BrowserContext, origin: string, screen: Screen, axe: string): Promise<string[]> {
	const page = await context.newPage();
	const faults: string[] = [];
	page.on("console", (message) => {
		if (message.type() === "error") faults.push(`console: ${message.text()}`);
	});
	page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
	page.on("request", (request) => {
		if (!request.url().startsWith(origin)) faults.push(`request to ${request.url()}`);
	});
	await page.goto(`${origin}/?${screen.query}`);
	await screen.steps?.(page, (page.viewportSize()?.width ?? 0) >= 900);
	await page.waitForTimeout(150);
	// The policy lets no script into the page; the debugger is not the page.
	const debug = await context.newCDPSession(page);
	await debug.send("Runtime.evaluate", { expression: axe });
	const found = await debug.send("Runtime.evaluate", {
		expression: `axe.run(document, { resultTypes: ["violations"], runOnly: ${JSON.stringify(rules)} }).then((result) =>
			result.violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target.join(" ")).join(", ")))`,
		awaitPromise: true,
		returnByValue: true,
	});
	faults.push(...((found.result.value as string[] | undefined) ?? ["axe did not run"]));
	faults.push(...(await page.evaluate(wider)));
	await page.close();
	return faults.map((fault) => `${screen.name}: ${fault}`);
}

/** What has to be moved sideways to be seen whole, though it is for reading downwards: a button may stand outside. Runs in the page. */
function wider(): string[] {
	return [document.documentElement, ...document.querySelectorAll(".scroll")]
		.filter((pane) => getComputedStyle(pane).overflowY !== "hidden" && pane.scrollWidth > pane.clientWidth + 1)
		.map((pane) => `wider than its place: ${pane.className || pane.tagName}`);
}

describe("every screen", () => {
	let server: PreviewServer;
	let browser: Browser;
	let axe = "";

	beforeAll(async () => {
		axe = await readFile(join(createRequire(import.meta.url).resolve("axe-core"), "../axe.min.js"), "utf8");
		[server, browser] = [await servePreview(), await launchShell()];
	});
	afterAll(async () => {
		await browser.close();
		await server.stop();
	});

	for (const { name, width, height, colorScheme } of looks) {
		test(
			`is accessible by axe and keeps to the policy: ${name}, ${colorScheme}`,
			async () => {
				const context = await browser.newContext({
					viewport: { width, height },
					colorScheme,
					reducedMotion: "reduce",
					hasTouch: name === "phone",
					isMobile: name === "phone",
				});
				context.setDefaultTimeout(15_000);
				const [faults, left]: [string[], Screen[]] = [[], [...screens]];
				const look = async () => {
					for (let screen = left.shift(); screen !== undefined; screen = left.shift())
						faults.push(...(await faultsOf(context, server.origin, screen, axe)));
				};
				// A page waits about as long as it computes.
				await Promise.all([look(), look()]);
				await context.close();
				expect(screens.length).toBeGreaterThan(30);
				expect(faults).toEqual([]);
			},
			patienceMs,
		);
	}

	test("is looked at by an axe that bites: a button without a name is found", async () => {
		const context = await browser.newContext();
		const unnamed: Screen = {
			name: "unnamed",
			query: "scene=full",
			steps: async (page) => {
				await page.evaluate(() => document.querySelector("[aria-label='New contact']")?.removeAttribute("aria-label"));
			},
		};
		const faults = await faultsOf(context, server.origin, unnamed, axe);
		await context.close();
		expect(faults.join()).toContain("button-name");
	});

	test("is looked at for what stands outside: a list that does not fit is found", async () => {
		const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
		const wide: Screen = {
			name: "wide",
			query: "scene=full",
			steps: async (page) => {
				await page.evaluate(() => {
					const content = document.querySelector<HTMLElement>(".scroll > *");
					if (content !== null) content.style.minWidth = "500px";
				});
			},
		};
		const faults = await faultsOf(context, server.origin, wide, axe);
		await context.close();
		expect(faults.join()).toContain("wider than its place");
	});
});
