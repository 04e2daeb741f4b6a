import { randomBytes } from "@sotto/crypto";
import { parseContent, positionToState } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeOwnPackage } from "../../packages/client/src/account/record.ts";
import { Puppet } from "./puppet.test-kit.ts";
import { befriend, expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** Two friends; Ada's client is gone, and a puppet acts with her keys. */
async function withPuppet(): Promise<{ readonly ada: Person; readonly bob: Person; readonly puppet: Puppet }> {
	const [ada, bob] = await befriend(world);
	await ada.say("Bob", "first");
	await until("Bob has it", async () => (await bob.texts("Ada")).length === 1);
	await until(
		"nothing is on its way",
		async () => ada.store.keysLike("outbox/").length + bob.store.keysLike("outbox/").length === 0,
	);
	expectOk(await ada.client.sync());
	const { id } = await ada.with("Bob");
	await ada.client.close();
	return { ada, bob, puppet: await Puppet.of(world, ada.store, id) };
}

test("C2: records that do not count leave no trace: noise, replays, another member's words sealed again", async () => {
	const { bob, puppet } = await withPuppet();
	const before = await bob.items("Ada");
	const [replayed] = await puppet.records();
	await puppet.append(randomBytes(2048));
	await puppet.append(await puppet.sealMls(randomBytes(300)));
	if (replayed !== undefined) await puppet.append(replayed);
	// The same MLS message under another record: its generation was consumed.
	const text = await puppet.sealText("said once");
	await puppet.append(text);
	const again = await puppet.sealText("said with a used generation");
	await puppet.append(again);
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["first", "said once"]);
	expect((await bob.items("Ada")).length).toBe(before.length + 1);
	await bob.say("Ada", "still here");
	await until("it is sent", async () => (await bob.texts("Ada")).includes("> still here"));
	expect((await bob.with("Ada")).alarm).toBeUndefined();
});

test("C5: a message id that came before from the same account is shown once; content that nobody understands is skipped", async () => {
	const { bob, puppet } = await withPuppet();
	const item = { messageId: randomBytes(16) as never, sentAt: 1, content: { type: "text" as const, text: "twin" } };
	await puppet.append(await puppet.sealItems([item, item]));
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["first", "twin"]);
});

test("C5: a member that uses another's message id takes nothing away: both are shown, each as its author's", async () => {
	const { bob, puppet } = await withPuppet();
	await bob.say("Ada", "the true one");
	await until("it is sent", async () => (await bob.texts("Ada")).includes("> the true one"));
	const opened = await puppet.open((await puppet.records()).at(-1) as never);
	if (!opened.ok || opened.value.kind !== "application") throw new Error("the puppet cannot read Bob's message");
	const items = parseContent(opened.value.content);
	const messageId = items.ok ? items.value[0]?.messageId : undefined;
	if (messageId === undefined) throw new Error("Bob's message names itself");
	const twin = { messageId, sentAt: 1, content: { type: "text" as const, text: "the twin" } };
	await puppet.append(await puppet.sealItems([twin]));
	expectOk(await bob.client.sync());
	expect(await bob.texts("Ada")).toEqual(["first", "> the true one", "the twin"]);
});

test("C1: the log moves when a leaf comes in; what stands behind the closing commit is void, and talk goes on in the new log", async () => {
	const { bob, puppet } = await withPuppet();
	const late = await puppet.sealText("behind the end");
	const second = await puppet.secondDevice();
	await puppet.append(await puppet.commit({ adds: [second.publicBytes] }));
	await puppet.append(late);
	expectOk(await bob.client.sync());
	await bob.say("Ada", "in the new log");
	await until("it is sent", async () => (await bob.texts("Ada")).includes("> in the new log"));
	expect(await bob.texts("Ada")).toEqual(["first", "> in the new log"]);
	// Bob, who found the new log missing, created it.
	await puppet.moveLog();
	expect((await puppet.records()).length).toBeGreaterThan(0);
	await puppet.append(await puppet.sealText("from the new log"));
});

test("C9: what the policy forbids does not count: a stranger's leaf, another's removal, another policy", async () => {
	const { bob, puppet } = await withPuppet();
	const eve = await (await world.start("Eve")).create();
	await expect(puppet.commit({ adds: [packageOf(eve)] })).rejects.toThrow("refused");
	await expect(puppet.commit({ removes: [1] })).rejects.toThrow("refused");
	await expect(puppet.commit({ policyExtension: randomBytes(40) })).rejects.toThrow("refused");
	expectOk(await bob.client.sync());
	expect((await bob.with("Ada")).phase).toBe("active");
});

function packageOf(person: Person): Uint8Array {
	const [key] = person.store.keysLike("package/");
	const row = key === undefined ? undefined : person.store.rows.get(key);
	const own = row === undefined ? undefined : decodeOwnPackage(row);
	if (!own?.ok) throw new Error("an account has a package");
	return own.value.publicBytes;
}

test("C8: a message that states another head raises the alarm, names its author, and shows in the history", async () => {
	const { bob, puppet } = await withPuppet();
	const stated = positionToState(puppet.state);
	const forked = { ...stated, at: { seq: stated.at.seq, head: randomBytes(32) } };
	await puppet.append(await puppet.sealText("from another history", forked));
	expectOk(await bob.client.sync());
	expect((await bob.with("Ada")).alarm?.kind).toBe("forked");
	const events = (await bob.items("Ada")).filter((item) => item.kind === "event" && item.event === "forkAlarm");
	expect(events).toHaveLength(1);
	expect(events[0]?.kind === "event" && events[0].person?.name).toBe("Ada");
});

test("C8: a position beyond what the log holds is a fork too", async () => {
	const { bob, puppet } = await withPuppet();
	const stated = positionToState(puppet.state);
	await puppet.append(
		await puppet.sealText("from the future", { ...stated, at: { seq: stated.at.seq + 9, head: randomBytes(32) } }),
	);
	expectOk(await bob.client.sync());
	expect((await bob.with("Ada")).alarm?.kind).toBe("forked");
});

test("C7: a device whose state went back finds its own words in the log, stops, and sends nothing from there", async () => {
	const [ada, bob] = await befriend(world);
	await until("nothing is on its way", async () => ada.store.keysLike("outbox/").length === 0);
	const old = ada.store.copy();
	await ada.say("Bob", "from a future that is forgotten");
	await until("Bob has it", async () => (await bob.texts("Ada")).length === 1);
	await ada.client.close();
	// Nobody lets it in again.
	await bob.client.close();
	const rolledBack = await world.start("Ada", old);
	await until("it stopped", async () => (await rolledBack.with("Bob")).phase === "stopped");
	expect((await rolledBack.with("Bob")).alarm?.kind).toBe("rolledBack");
	const refused = await rolledBack.client.sendMessage((await rolledBack.with("Bob")).id, "again?");
	expect(refused.ok).toBe(false);
});

test("C7: nothing is sent before the log was read to its tip", async () => {
	const [ada, bob] = await befriend(world);
	await until("nothing is on its way", async () => ada.store.keysLike("outbox/").length === 0);
	const old = ada.store.copy();
	await ada.say("Bob", "the newer life");
	await until("Bob has it", async () => (await bob.texts("Ada")).length === 1);
	await ada.client.close();
	let appends = 0;
	world.network("Ada").onPost = (path) => {
		if (path === "/v1/log/append") appends++;
		return path === "/v1/log/read" ? "lost" : undefined;
	};
	const rolledBack = await world.start("Ada", old);
	await rolledBack.client.sendMessage((await rolledBack.with("Bob")).id, "sent too early");
	await rolledBack.client.sync();
	expect(appends).toBe(0);
});
