import { describe, expect, test } from "vitest";
import { type Flavour, flagsOf, planFor } from "./flavour.ts";
import { type Act, type OffenceKind, type Plan, planOf } from "./plan.ts";
import { runWorld } from "./run-world.ts";
import { createWorld, end, live } from "./world.ts";

/** Seeds that found something: docs/decisions/world.md says what. */
const guards = [18, 19, 57, 198, 208, 239, 299, 458, 546, 1242, 1374, 1458, 1511, 1567, 2201, 2960];
const groupGuards = [74, 247, 494];
const deviceGuards = [41, 179, 205, 300];
const villainGuards = [155, 338];

/** Which worlds are small enough to be lived through each time, seen from their plans alone. */
const isSmall = ({ people, steps, xWing }: Plan) => people <= 4 && steps.length <= 45 && !xWing;

/** The first small worlds of a flavour. */
function smallOnes(flavour: Flavour, count: number): readonly number[] {
	const seeds: number[] = [];
	for (let seed = 1; seeds.length < count; seed++) if (isSmall(planFor(seed, flavour))) seeds.push(seed);
	return seeds;
}

const inSets = (seeds: readonly number[]) =>
	Array.from({ length: Math.ceil(seeds.length / 20) }, (_, set) => seeds.slice(set * 20, set * 20 + 20));

const shares: readonly { readonly name: string; readonly flavour: Flavour; readonly seeds: readonly number[] }[] = [
	{ name: "among two people", flavour: {}, seeds: [...smallOnes({}, 120), ...guards] },
	{ name: "in groups", flavour: { groups: true }, seeds: [...smallOnes({ groups: true }, 32), ...groupGuards] },
	{
		name: "in groups with an evil member",
		flavour: { villains: true },
		seeds: [...smallOnes({ villains: true }, 18), ...villainGuards],
	},
	{
		name: "with further devices",
		flavour: { devices: true },
		seeds: [...smallOnes({ devices: true }, 12), ...deviceGuards],
	},
	{
		name: "with further devices in groups",
		flavour: { groups: true, devices: true },
		seeds: smallOnes({ groups: true, devices: true }, 6),
	},
];

describe("nothing is lost, doubled, reordered or read by others, whatever befalls clients, network and server", () => {
	for (const { name, flavour, seeds } of shares)
		test.each(inSets(seeds))(`${name}, seeds %i …`, { timeout: 300_000 }, async (...some) => {
			for (const seed of some) {
				const { faults, sums } = await runWorld(planFor(seed, flavour));
				expect(faults, `npm run world -- ${flagsOf(flavour)}--seeds 1 --first ${seed}`).toEqual([]);
				expect(sums["events"]).toBeGreaterThan(10);
			}
		});
});

/** All that a plan can say; with a kind that is not here the types do not fit. */
const everything: Readonly<Record<Exclude<Act["do"], "offend"> | OffenceKind, true>> = {
	ask: true,
	say: true,
	found: true,
	add: true,
	remove: true,
	setRole: true,
	leave: true,
	nameGroup: true,
	sayInGroup: true,
	markRead: true,
	discard: true,
	rename: true,
	sync: true,
	crash: true,
	restart: true,
	cut: true,
	diskFull: true,
	refuse: true,
	serverCrash: true,
	backup: true,
	restore: true,
	renewNotifier: true,
	sleep: true,
	link: true,
	unlink: true,
	withhold: true,
	swap: true,
	substitute: true,
	swallow: true,
	replay: true,
	fork: true,
	cross: true,
	commit: true,
	strand: true,
	lie: true,
	noise: true,
	reseal: true,
	welcome: true,
	flood: true,
	storm: true,
};

test("the worlds that are lived through each time hold everything that can befall anybody", () => {
	const steps = shares.flatMap(({ flavour, seeds }) => seeds.flatMap((seed) => planFor(seed, flavour).steps));
	const acts = new Set<string>(steps.map((step) => (step.do === "offend" ? step.how : step.do)));
	expect(Object.keys(everything).filter((act) => !acts.has(act))).toEqual([]);
});

test("a seed lives through the same events again: to the last byte of every store, with X-Wing or linking to its last row", async () => {
	const lived = async (plan: Plan, isExact: boolean) => {
		const world = await createWorld(plan);
		await live(world);
		end(world);
		const stores = world.devices.map((device) => device.digest());
		// Node draws the chance of an encapsulation itself: what follows from it has other bytes each time, of the same lengths.
		const told = isExact
			? stores
			: stores.map((store) => store.replace(/ [0-9a-f]*$/gm, (value) => ` ${value.length}`));
		return [world.time.events, ...told].join("\n");
	};
	expect(await lived(planOf(5), true)).toBe(await lived(planOf(5), true));
	for (const plan of [{ ...planOf(5), xWing: true }, planFor(3, { devices: true })])
		expect(await lived(plan, false)).toBe(await lived(plan, false));
});
