import { appendRoute, parseRequest } from "@sotto/api";
import { type Bytes, copyBytes, equalBytes } from "@sotto/bytes";
import { decodeConversationState, secretsOf } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keys } from "../../packages/client/src/store/keys.ts";
import { befriend, connect, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

/** What a disk can do to a row: nothing of it can be read (a broken seal), half is gone, one byte is another. */
const damages = {
	empty: () => new Uint8Array(),
	cut: (row: Bytes) => copyBytes(row.subarray(0, row.length >> 1)),
	flipped: (row: Bytes) => {
		const bytes = copyBytes(row);
		const at = Math.floor(bytes.length * 0.4);
		bytes[at] = (bytes[at] ?? 0) ^ 0x55;
		return bytes;
	},
} as const;
type Damage = keyof typeof damages;

const tables = "conversation activity line group summary outbox queue raw kept item history".split(" ");
const cases: readonly (readonly [string, Damage])[] = [
	...tables.map((table) => [table, "empty"] as const),
	...["line", "group", "summary"].flatMap((table) => [[table, "cut"] as const, [table, "flipped"] as const]),
];

/** Lets appends out to the log in force of one conversation alone. */
function onlyTo(person: Person, id: string): void {
	const line = person.store.rows.get(keys.line(id));
	const state = line === undefined ? undefined : decodeConversationState(line);
	if (!state?.ok) throw new Error("the conversation is whole");
	const { logId } = secretsOf(state.value.log);
	world.network(person.name).onPost = (path, body) => {
		const append = path === appendRoute.path ? parseRequest(appendRoute, body) : undefined;
		return append?.ok && !equalBytes(append.value.logId, logId) ? "lost" : undefined;
	};
}

test("a conversation whose rows cannot be read is stopped at most: it stays in the list, says so, and everything else works", {
	timeout: 120_000,
}, async () => {
	const [ada, bob] = await befriend(world);
	const cyd = await (await world.start("Cyd")).create();
	await connect(ada, cyd);
	await ada.say("Bob", "before");
	await until("Bob has it", async () => (await bob.texts("Ada")).includes("before"));
	const { id } = await ada.with("Bob");
	onlyTo(ada, (await ada.with("Cyd")).id);
	// Something waits, so that every table has rows.
	await ada.say("Bob", "waits");
	await until("it is sealed", async () => ada.store.keysLike("outbox/").length === 1);
	await ada.client.close();
	const whole = [...ada.store.rows].filter(([key]) => key.includes(id));
	for (const [table, how] of cases) {
		const round = `${table} ${how}`;
		const rows = whole.filter(([key]) => key.startsWith(`${table}/`));
		expect(rows, round).not.toHaveLength(0);
		await ada.store.write(rows.map(([key, value]) => ({ op: "put", key, value: damages[how](value) })));
		await bob.say("Ada", round);
		const back = await world.start("Ada", ada.store);
		const seen = async () => (await back.ready()).conversations.find((one) => one.id === id);
		expect(await seen(), round).toBeDefined();
		await back.client.sync();
		await back.client.sendMessage(id, "again");
		await back.client.markRead(id);
		await back.client.history(id);
		await back.say("Cyd", round);
		await until(`${round}: Cyd reads`, async () => (await cyd.texts("Ada")).includes(round));
		await cyd.say("Ada", `got ${round}`);
		await until(`${round}: Ada reads`, async () => (await back.texts("Cyd")).includes(`got ${round}`));
		const after = await seen();
		const isNeeded = ["line", "group", "outbox"].includes(table);
		expect([after?.phase, after?.alarm?.kind, after?.title], round).toEqual(
			isNeeded ? ["stopped", "damaged", "Bob"] : ["active", undefined, "Bob"],
		);
		await back.client.close();
		const left = ada.store.keysLike("").filter((key) => key.includes(id));
		await ada.store.write([
			...left.map((key) => ({ op: "delete", key }) as const),
			...whole.map(([key, value]) => ({ op: "put", key, value }) as const),
		]);
	}
});
