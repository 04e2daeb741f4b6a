import { randomBytes } from "node:crypto";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { CallPage, hears } from "../../call/call-page.ts";
import { seeded } from "../../seeded.ts";
import type { Condition } from "./conditions.ts";
import { Line } from "./line.ts";
import type { Measured } from "./measured.ts";
import { openUdpProxy, type UdpProxy } from "./udp-proxy.ts";

/** One call over one line: what Bob decoded of Ada, whose line it is, and what she decoded of him. */
export type Outcome = { readonly up: Heard; readonly down: Heard };
export type Heard = { readonly listener: Measured; readonly speaker: Measured };

type Ends = { readonly ada: Page; readonly bob: Page };
/** Brings two pages into a call with each other. */
export type StartCall = (ends: Ends) => Promise<void>;

/** Through the product's room, as the product joins it. */
export const throughRoom: StartCall = async ({ ada, bob }) => {
	const callBase = randomBytes(32).toString("hex");
	const pages = [ada, bob].map((page) => new CallPage((expression) => page.evaluate(expression)));
	for (const [leaf, page] of pages.entries()) await page.start({ callBase, leaf, camera: true });
	for (const page of pages) await page.waitFor("hearing", 60, hears);
};

/** Plain WebRTC from one browser to the other: nothing between them but the line. */
export const direct: StartCall = async ({ ada, bob }) => {
	const offer = await ada.evaluate("bench.directOffer()");
	const answer = await bob.evaluate(`bench.directAnswer(${JSON.stringify(offer)})`);
	await ada.evaluate(`bench.takeDirectAnswer(${JSON.stringify(answer)})`);
	for (const page of [ada, bob]) await page.evaluate("bench.directStands()");
};

/** Holds a call over the line of a condition, which begins once both hear each other, and measures at both ends. */
export async function holdCall(
	browsers: { readonly ada: Browser; readonly bob: Browser },
	url: string,
	start: StartCall,
	condition: Condition,
	seed: number,
): Promise<Outcome> {
	const lines = [1, 2].map((way) => new Line(condition.plan, seeded(seed * 2 + way)));
	const [up, down] = lines as [Line, Line];
	const proxies: UdpProxy[] = [];
	const contexts: BrowserContext[] = [];
	const open = async (browser: Browser) => {
		const context = await browser.newContext();
		contexts.push(context);
		const page = await context.newPage();
		page.on("pageerror", (error) => console.log(`page: ${error.message}`));
		return page;
	};
	try {
		const ends = { ada: await open(browsers.ada), bob: await open(browsers.bob) };
		await ends.ada.exposeFunction("throughLine", async (address: string, port: number) => {
			const proxy = await openUdpProxy({ address, port }, up, down);
			proxies.push(proxy);
			return proxy.port;
		});
		for (const page of [ends.ada, ends.bob]) await page.goto(url);
		await start(ends);
		for (const line of lines) line.begin(performance.now());
		const measure = `bench.measure(${condition.settleSeconds}, ${condition.seconds})`;
		const [ada, bob] = (await Promise.all([ends.ada, ends.bob].map((page) => page.evaluate(measure)))) as [
			Measured,
			Measured,
		];
		return { up: { listener: bob, speaker: ada }, down: { listener: ada, speaker: bob } };
	} finally {
		await Promise.all(contexts.map((context) => context.close()));
		for (const proxy of proxies) proxy.close();
	}
}
