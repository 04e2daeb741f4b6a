import { furtherIn, hasFurther } from "./linking.ts";
import type { Plan } from "./plan.ts";
import { checkProperties, type Looks } from "./properties.ts";
import { isQuiet, readThreads } from "./threads.ts";
import { createWorld, end, heal, live, type World } from "./world.ts";

export type Report = {
	readonly faults: readonly string[];
	readonly looks: Looks;
	readonly sums: { readonly [name: string]: number };
};

/** So long may it take, once everybody is online and the server honest, until everything has arrived. */
const patienceMs = 40 * 60_000;

/** Lives through a plan, heals the world, lets everybody say one more thing, and checks the properties. */
export async function runWorld(plan: Plan): Promise<Report> {
	const looks: Looks = new Map();
	const world = await createWorld(plan);
	const onBug = (error: unknown) => {
		world.faults.push(`a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
	};
	process.on("unhandledRejection", onBug);
	process.on("uncaughtException", onBug);
	try {
		await live(world);
		heal(world);
		await rest(world);
		await sayOneMoreThing(world);
		await rest(world);
		await checkProperties(world, looks);
	} finally {
		end(world);
		process.off("unhandledRejection", onBug);
		process.off("uncaughtException", onBug);
	}
	return { faults: [...new Set(world.faults)], looks, sums: sumsOf(world) };
}

/** Whatever was refused or failed is tried again within this time. */
const retriesMs = 70_000;

async function rest(world: World): Promise<void> {
	const { time } = world;
	const from = time.now;
	await time.run(from + patienceMs, async () => time.now >= from + retriesMs && (await isQuiet(world)));
}

/** Nobody is stuck: whoever is in a conversation can still say something in it. What comes of it shows when time goes on. */
async function sayOneMoreThing(world: World): Promise<void> {
	for (const { name, seen, isWhole } of await readThreads(world))
		for (const { device, view } of isWhole ? seen : []) {
			if (view.phase === "left" || world.chronicle.isOffender(name, device.person)) continue;
			const said = world.chronicle.say(
				device,
				name,
				"are we all here?",
				hasFurther(world) ? await furtherIn(world, name) : [],
			);
			// It has to arrive; one that is refused is a fault that the delivery shows.
			said.outcome = "acknowledged";
			void device.client?.sendMessage(view.id, said.text);
		}
}

function sumsOf({ devices, witness, chronicle, sums, evil, time }: World): Report["sums"] {
	return {
		worlds: 1,
		devices: devices.length,
		said: chronicle.said.length,
		"MLS messages": witness.messages,
		"client crashes": devices.reduce((sum, device) => sum + device.crashes, 0),
		"server crashes": sums.serverCrashes,
		"restores from backup": sums.restores,
		partitions: sums.cuts,
		"changes of groups": sums.changes,
		"devices linked": sums.linked,
		"devices removed": sums.unlinked,
		"evil acts of servers": evil.acts,
		"evil acts of members": chronicle.offences.length,
		...Object.fromEntries(
			chronicle.offences.map(({ how }, _, all) => [`of these: ${how}`, all.filter((one) => one.how === how).length]),
		),
		events: time.events,
	};
}
