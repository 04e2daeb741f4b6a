import { expect, test } from "vitest";
import { keys } from "../../packages/client/src/store/keys.ts";
import type { MemoryStore } from "../memory-store.ts";
import type { Device } from "./device.ts";
import { groupPlanOf } from "./group-plan.ts";
import { type Offence, type Plan, planOf, type Step } from "./plan.ts";
import { checkProperties } from "./properties.ts";
import { calm } from "./wire.ts";
import { createWorld, end, heal, live, type World } from "./world.ts";

// The properties bite: a store that was changed by hand breaks that property, and no other way of living does.

/** What the properties say of a world that was lived through and then spoiled. */
async function faultsOf(plan: Plan, spoil: (world: World) => Promise<void>): Promise<string> {
	const world = await createWorld(plan);
	await live(world);
	heal(world);
	await world.time.run(world.time.now + 30 * 60_000);
	await spoil(world);
	await checkProperties(world, new Map());
	end(world);
	return world.faults.join("\n");
}

test("a message that vanishes, one that is shown twice, one that was never said", async () => {
	const faultsAfter = (spoil: (world: World) => void) => faultsOf(planOf(1), async (world) => spoil(world));
	expect(await faultsAfter(() => undefined)).toBe("");
	const historyOf = (world: Awaited<ReturnType<typeof createWorld>>) => {
		const store = world.devices[0]?.store;
		const key = store?.keysLike("history/").find((one) => {
			return Buffer.from(store.rows.get(one) ?? []).includes("«");
		});
		if (store === undefined || key === undefined) throw new Error("somebody said something");
		return { store, key, value: store.rows.get(key) as Uint8Array<ArrayBuffer> };
	};
	const vanished = await faultsAfter((world) => {
		const { store, key } = historyOf(world);
		void store.write([{ op: "delete", key }]);
	});
	expect(vanished).toMatch(/what was acknowledged arrives|everybody shows the same order/);
	expect(vanished).toMatch(/sent on screen never lies/);
	const doubled = await faultsAfter((world) => {
		const { store, key, value } = historyOf(world);
		void store.write([{ op: "put", key: `${key}0`, value }]);
	});
	expect(doubled).toMatch(/nothing is shown twice/);
	const leaked = await faultsAfter((world) => {
		const said = world.chronicle.say({ name: "P0", person: "P0" }, "P0 and P7", "for nobody else");
		void world.devices[1]?.store.write([{ op: "put", key: "stolen", value: new TextEncoder().encode(said.text) }]);
	});
	expect(leaked).toMatch(/nobody else has the words/);
});

/** Both say something, are told two histories by a server that parts them, and go on; then each history is written behind the other. */
const parting: Plan = {
	...planOf(2),
	people: 2,
	rules: planOf(1).rules,
	weather: calm,
	diskMs: 0,
	endAt: 100_000,
	steps: [
		{ at: 700, do: "ask", who: 0, whom: 1, greets: false },
		{ at: 30_000, do: "say", who: 0, to: 0, count: 2, long: false },
		{ at: 35_000, do: "say", who: 1, to: 0, count: 1, long: false },
		{ at: 40_000, do: "fork", parity: 1 },
		{ at: 45_000, do: "say", who: 0, to: 0, count: 1, long: false },
		{ at: 45_000, do: "say", who: 1, to: 0, count: 1, long: false },
		{ at: 50_000, do: "say", who: 0, to: 0, count: 1, long: false },
		...[60_000, 65_000, 70_000, 75_000].map((at): Step => ({ at, do: "cross" })),
		{ at: 80_000, do: "sync", who: 1 },
	],
};

test("when the server tells two histories: words of one author, an answer, and what both had read in another order; an alarm that is missing", async () => {
	const shownBy = async ({ devices }: World, person: number) => {
		const [conversation] = (await devices[person]?.conversations()) ?? [];
		const items = (await devices[person]?.items(conversation?.id ?? "")) ?? [];
		return items.flatMap((item) => (item.kind === "message" ? [item.text.slice(0, 3)] : [])).join("");
	};
	// What both said after they were parted came to each behind its own: no screen lies, and nobody can know.
	const honest = await faultsOf(parting, async (world) => {
		expect([await shownBy(world, 0), await shownBy(world, 1)]).toEqual(["«0»«1»«2»«3»«5»«4»", "«0»«1»«2»«4»«3»«5»"]);
	});
	expect(honest).toBe("");
	const swapped = (first: number, second: number) =>
		faultsOf(parting, async ({ devices: [device] }) => {
			const rows = (device?.store.keysLike("history/") ?? []).toSorted().flatMap((key) => {
				const value = device?.store.rows.get(key);
				return value !== undefined && Buffer.from(value).includes("«") ? [{ key, value }] : [];
			});
			const [one, other] = [rows[first], rows[second]];
			if (one === undefined || other === undefined) throw new Error("everything was said");
			await device?.store.write([
				{ op: "put", key: one.key, value: other.value },
				{ op: "put", key: other.key, value: one.value },
			]);
		});
	expect(await swapped(0, 1)).toMatch(/an author's words keep their order/);
	expect(await swapped(1, 2)).toMatch(/what two have read in one history they show alike/);
	expect(await swapped(2, 3)).toMatch(/an answer stands behind what it answers/);
	const calmed = await faultsOf(parting, async ({ devices: [, device] }) => {
		const views = (await device?.conversations()) ?? [];
		const conversations = async () => views.map((view) => ({ ...view, alarm: undefined, phase: "active" }));
		Object.assign(device as object, { conversations });
	});
	expect(calmed).toMatch(/a message from another history alarms/);
	expect(calmed).toMatch(/who follows another history is alarmed/);
});

/** P2 comes to a group in which something has been said. */
const groupSteps: readonly Step[] = [
	{ at: 700, do: "ask", who: 0, whom: 1, greets: false },
	{ at: 900, do: "ask", who: 0, whom: 2, greets: false },
	{ at: 30_000, do: "found", who: 0, others: [1] },
	{ at: 40_000, do: "sayInGroup", who: 0, group: 0, count: 1 },
	{ at: 45_000, do: "add", who: 0, whom: 2, group: 0 },
	{ at: 55_000, do: "sayInGroup", who: 1, group: 0, count: 1 },
];

function planWith(steps: readonly Step[]): Plan {
	return { ...groupPlanOf(2), people: 3, weather: calm, diskMs: 0, endAt: 60_000, steps };
}

test("in groups: a member that shows less than it should, and one that shows what was said before it came", async () => {
	const faultsAfter = (spoil: (world: World) => Promise<void>) => faultsOf(planWith(groupSteps), spoil);
	expect(await faultsAfter(async () => undefined)).toBe("");
	const rowsOf = (world: World, person: number) => {
		const store = world.devices[person]?.store;
		if (store === undefined) throw new Error("there are three");
		return store.keysLike("history/").flatMap((key) => {
			const value = store.rows.get(key);
			return value !== undefined && Buffer.from(value).includes("«") ? [{ store, key, value }] : [];
		});
	};
	const less = await faultsAfter(async (world) => {
		const [row] = rowsOf(world, 1);
		if (row === undefined) throw new Error("P1 was there");
		await row.store.write([{ op: "delete", key: row.key }]);
	});
	expect(less).toMatch(/a member shows what was said while it was in/);
	const more = await faultsAfter(async (world) => {
		const [early] = rowsOf(world, 1);
		const [own] = rowsOf(world, 2);
		if (early === undefined || own === undefined) throw new Error("both have something");
		await own.store.write([{ op: "put", key: `${own.key.slice(0, -1)}0`, value: early.value }]);
	});
	expect(more).toMatch(/a member shows what was said while it was in/);
});

const offends = (how: Offence["how"], at: number): Step => ({ at, do: "offend", who: 1, whom: 0, group: 0, how, n: 0 });

test("with an evil member: one that is not named, one that is named and did nothing, and lies that alarm nobody", async () => {
	const eventsOf = async (world: World, person: number, event: string) => {
		const store = world.devices[person]?.store;
		const [group] = (await world.devices[person]?.conversations())?.filter(({ kind }) => kind === "group") ?? [];
		if (store === undefined || group === undefined) throw new Error("everybody is in the group");
		const items = (await world.devices[person]?.items(group.id)) ?? [];
		const ids = items.flatMap((item) => (item.kind === "event" && item.event === event ? [item.id] : []));
		expect(ids).toHaveLength(1);
		return store
			.keysLike(keys.historyAll(group.id))
			.filter((key) => Buffer.from(store.rows.get(key) ?? []).includes(event))
			.map((key) => ({ store, key }));
	};
	const signs = planWith([...groupSteps, offends("commit", 56_000)]);
	expect(await faultsOf(signs, async () => undefined)).toBe("");
	for (const person of [0, 2]) {
		const spoiled = await faultsOf(signs, async (world) => {
			for (const { store, key } of await eventsOf(world, person, "misbehaved"))
				await store.write([{ op: "delete", key }]);
		});
		expect(spoiled).toMatch(person === 0 ? /who signs what the rules forbid is named/ : /a member shows what was said/);
	}
	const accused = await faultsOf(signs, async (world) => void (world.chronicle.isOffender = () => false));
	expect(accused).toMatch(/only who broke the rules is named/);
	const lies = planWith([...groupSteps, offends("lie", 56_000)]);
	expect(await faultsOf(lies, async () => undefined)).toBe("");
	expect(await faultsOf(lies, async (world) => void (world.chronicle.isOffender = () => false))).toMatch(
		/no alarm without a fork/,
	);
});

test("with further devices: one that lacks what it was handed or what was said, one that is not in, and a removed one that knows more", async () => {
	const steps: readonly Step[] = [
		{ at: 700, do: "ask", who: 0, whom: 1, greets: false },
		{ at: 30_000, do: "say", who: 1, to: 0, count: 1, long: false },
		{ at: 35_000, do: "link", who: 2 },
		{ at: 70_000, do: "say", who: 1, to: 0, count: 1, long: false },
	];
	const plan: Plan = { ...planOf(2), people: 2, further: [0], weather: calm, diskMs: 0, endAt: 100_000, steps };
	expect(await faultsOf(plan, async () => undefined)).toBe("");
	const spoiled = (change: (store: MemoryStore, keys: readonly string[]) => Promise<unknown>) =>
		faultsOf(plan, async ({ devices: [, , device] }) => {
			if (device === undefined) throw new Error("there are three devices");
			const { store } = device;
			const words = store.keysLike("history/").filter((key) => Buffer.from(store.rows.get(key) ?? []).includes("«"));
			expect(words).toHaveLength(2);
			await change(store, words.toSorted());
		});
	const remove = (store: MemoryStore, key = "") => store.write([{ op: "delete", key }]);
	expect(await spoiled((store, words) => remove(store, words[0]))).toMatch(/what was said before it was linked/);
	expect(await spoiled((store, words) => remove(store, words[1]))).toMatch(/what was said since it came in/);
	const absent = await faultsOf({ ...plan, steps: steps.slice(0, 3) }, async ({ devices }) => {
		Object.assign(devices[2] as object, { conversations: async () => [] });
	});
	expect(absent).toMatch(/every device of an account is in/);
	const removed: Plan = { ...plan, steps: [...steps, { at: 75_000, do: "unlink", who: 2 }] };
	expect(await faultsOf(removed, async () => undefined)).toBe("");
	const knows = await faultsOf(removed, async ({ devices: [, one, device], chronicle }) => {
		expect([...chronicle.out]).toEqual([device?.name]);
		const said = chronicle.say(one as Device, "P0 and P1", "for those who are in");
		await device?.store.write([{ op: "put", key: "stolen", value: new TextEncoder().encode(said.text) }]);
	});
	expect(knows).toMatch(/nobody else has the words/);
}, 60_000);
