import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Person } from "./person.ts";
import { type Served, serve } from "./served.ts";
import { closeAndJudge, meet, pause, talk } from "./two-people.ts";

let served: Served;
let ada: Person;
let bo: Person;

beforeAll(async () => {
	served = await serve();
	({ ada, bo } = await meet(served, { ada: { width: 390 } }));
});

afterAll(() => closeAndJudge(served, [ada, bo]).finally(() => served.end()));

// A test that failed leaves its fault to nobody.
afterEach(async () => {
	for (const { line, context } of [ada, bo]) {
		line.mend();
		await context.setOffline(false);
	}
});

const waiting = "Waiting for the network.";
const numbered = (what: string, count: number) => Array.from({ length: count }, (_, k) => `${what} ${k + 1}.`);

async function writeAll(person: Person, texts: readonly string[]): Promise<void> {
	for (const text of texts) await person.write(text);
}

test("what is written without a server waits, says so, goes out by itself, and what came meanwhile is there once", async () => {
	ada.line.cut("refused");
	await ada.hands.sees(waiting, 30);
	const held = numbered("From the tunnel", 3);
	const meanwhile = numbered("Meanwhile", 2);
	await writeAll(ada, held);
	await writeAll(bo, meanwhile);
	await pause(12_000);
	for (const text of held) expect(await ada.stateOf(text)).toBe("sending");
	expect(await bo.messages("From the tunnel")).toEqual([]);
	expect(await ada.messages("Meanwhile")).toEqual([]);
	expect(await bo.stateOf("Meanwhile 2.")).toBe("sent");

	ada.line.mend();
	await ada.hasMessages("Meanwhile", meanwhile);
	await bo.hasMessages("From the tunnel", held);
	expect(await bo.messages("From the tunnel")).toEqual(held);
	await ada.waitFor("its messages are sent", 30, async () => (await ada.stateOf("From the tunnel 3.")) === "sent");
	await ada.page.getByText(waiting).waitFor({ state: "detached" });
	await pause(1_000);
	await bo.hasMessages("From the tunnel", held, 0);
	await ada.hasMessages("Meanwhile", meanwhile, 0);
});

test("a browser that says it is offline, over connections that have fallen silent, is told in words and comes back at once", async () => {
	ada.line.cut("silent");
	await ada.context.setOffline(true);
	const took = await ada.waitFor("says that it waits", 20, () => ada.page.getByText(waiting).isVisible());
	await ada.write("In the lift.");
	await bo.write("Are you in the lift?");
	await pause(8_000);
	expect(await ada.stateOf("In the lift.")).toBe("sending");

	ada.line.mend();
	await ada.context.setOffline(false);
	const back = Date.now();
	await bo.hasMessages("In the lift", ["In the lift."], 30);
	await ada.hasMessages("Are you in", ["Are you in the lift?"], 30);
	console.log(`said to be offline after ${took} ms; both messages there ${Date.now() - back} ms after its end`);
});

test("a server that is killed while both write and starts again loses nothing, doubles nothing, and nobody reloads", async () => {
	const [hers, his] = [numbered("Hers", 6), numbered("His", 6)];
	const writing = Promise.all([writeAll(ada, hers), writeAll(bo, his)]);
	await pause(700);
	await served.kill();
	await writing;
	await served.start();
	for (const person of [ada, bo]) {
		await person.hasMessages("Hers", hers);
		await person.hasMessages("His", his);
	}
	const order = async (person: Person) => [...(await person.messages("Hers")), ...(await person.messages("His"))];
	expect(await order(ada)).toEqual([...hers, ...his]);
	expect(await order(bo)).toEqual([...hers, ...his]);
	await bo.waitFor("the last is sent", 30, async () => (await bo.stateOf("His 6.")) === "sent");
});

test("a call whose server is killed and started again is heard and seen again at both ends without a click", async () => {
	await talk(ada, bo);
	await served.kill();
	await pause(1_000);
	expect(await ada.perceivesNow()).toBe(false);
	await served.start();
	const took = await Promise.all([ada.perceives(40), bo.perceives(40)]);
	console.log(`heard and seen again ${Math.max(...took)} ms after the server was up`);
});

test("a call survives ten seconds without any network and goes on from another address without a click", async () => {
	await Promise.all([ada.perceives(20), bo.perceives(20)]);
	ada.line.cut("refused");
	await bo.hands.sees("The line dropped. Getting it back…", 30);
	await ada.hands.sees("The line dropped. Getting it back…", 30);
	await pause(10_000);
	ada.line.mend();
	const took = await Promise.all([ada.perceives(40), bo.perceives(40)]);
	console.log(`heard and seen again ${Math.max(...took)} ms after the network was back`);
});

test("a call whose media comes from another address all at once, the rest of the network untouched, comes back", async () => {
	ada.line.readdress();
	const took = await Promise.all([ada.perceives(40), bo.perceives(40)]);
	console.log(`heard and seen again ${Math.max(...took)} ms after the address changed`);
});

test("a call whose network changes in silence, no connection told, comes back without a click", async () => {
	bo.line.cut("silent");
	await pause(5_000);
	bo.line.mend();
	const took = await Promise.all([ada.perceives(60), bo.perceives(60)]);
	console.log(`heard and seen again ${Math.max(...took)} ms after the network was back`);
	await bo.hands.press("Hang up");
	await ada.field().waitFor();
});
