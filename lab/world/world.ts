import type { Bytes } from "@sotto/bytes";
import { seeded } from "../seeded.ts";
import { Chronicle } from "./chronicle.ts";
import { Device, type Who } from "./device.ts";
import { Evil } from "./evil.ts";
import { Performer } from "./perform.ts";
import type { Plan } from "./plan.ts";
import { WorldServer } from "./server.ts";
import { installSynchronousCrypto } from "./synchronous-crypto.ts";
import { VirtualTime } from "./virtual-time.ts";
import { calm, Wire } from "./wire.ts";
import { Witness } from "./witness.ts";

/** 2026-11-25, whenever the world runs. */
const beginning = Date.UTC(2026, 10, 25);

let replacement: ReturnType<typeof installSynchronousCrypto> | undefined;

/** Everything of one run: people with their devices, the server between them, and those who know what truly happened. */
export type World = {
	readonly plan: Plan;
	readonly time: VirtualTime;
	readonly server: WorldServer;
	readonly devices: readonly Device[];
	readonly witness: Witness;
	readonly chronicle: Chronicle;
	readonly evil: Evil;
	/** What must not be, as it was noticed. */
	readonly faults: string[];
	readonly sums: Sums;
};

type Sums = {
	serverCrashes: number;
	cuts: number;
	restores: number;
	/** Changes of a group's people, roles or name that a device promised to make. */
	changes: number;
	linked: number;
	unlinked: number;
	/** Times that the server may have lost a request for contact that it had taken. */
	lettersAtRisk: number;
};

/** Makes the world of a plan; nobody has been started yet. */
export async function createWorld(plan: Plan): Promise<World> {
	const time = new VirtualTime(beginning);
	const faults: string[] = [];
	const fault = (what: string) => faults.push(what);
	const witness = new Witness(fault);
	replacement ??= installSynchronousCrypto();
	replacement.seed(seeded(plan.seed ^ 0x5eed));
	replacement.watch((sealing) => witness.sealed(sealing));
	const server = await WorldServer.open(time, fault, plan.rules.maxLogRecords);
	const people = Array.from({ length: plan.people }, (_, i) => `P${i}`);
	const further = (plan.further ?? []).map((person, n) => ({
		name: `P${person}, device ${n + 2}`,
		person: `P${person}`,
	}));
	const everybody: readonly Who[] = [...people.map((name) => ({ name, person: name })), ...further];
	const names = everybody.map(({ name }) => name);
	const evil = new Evil({ server, time, chance: seeded(plan.seed ^ 0xe11), devices: names });
	const tap = {
		arrives: (_device: string, path: string, body: Bytes) => witness.left(path, body),
		instead: (device: string, path: string, body: Bytes) => evil.swallows(device, path, body),
		answered: (device: string, path: string, body: Bytes, answer: Parameters<Evil["answered"]>[3]) => {
			const told = evil.answered(device, path, body, answer);
			witness.told(device, path, body, told);
			return told;
		},
	};
	const chronicle = new Chronicle(fault);
	const devices = everybody.map(({ name, person }, index) => {
		const chance = seeded(plan.seed * 1009 + index);
		const wire = new Wire(name, { time, server, chance: seeded(plan.seed * 2003 + index), tap, weather: plan.weather });
		const skewMs = Math.round((chance() * 2 - 1) * plan.skewMs);
		const suite = plan.xWing ? undefined : ("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519" as const);
		const options = { rules: plan.rules, ...(suite && { suite }) };
		return new Device({ name, person }, { time, wire, chance, chronicle, options, skewMs, diskMs: plan.diskMs });
	});
	const sums = { serverCrashes: 0, cuts: 0, restores: 0, changes: 0, linked: 0, unlinked: 0, lettersAtRisk: 0 };
	return { plan, time, server, devices, witness, chronicle, evil, faults, sums };
}

/** Lives through the plan, up to its end. */
export async function live(world: World): Promise<void> {
	const { time, plan, devices } = world;
	const perform = new Performer(world);
	for (const [index, device] of devices.filter(({ isFurther }) => !isFurther).entries())
		time.plan(beginning + index * 20, () => void device.start());
	for (const step of plan.steps) time.plan(beginning + step.at, () => void perform.act(step));
	await time.run(beginning + plan.endAt);
}

/** Everything that befell anybody is over: the server is honest and up, the network calm, everybody online. */
export function heal(world: World): void {
	world.evil.end();
	world.server.start();
	for (const device of world.devices) {
		device.wire.weather = calm;
		device.wire.cut = "nothing";
		device.wire.refusal = undefined;
		device.diskIsFull = false;
		device.spare();
		if (device.membership !== "none") void device.start();
		device.tell("online");
	}
}

/** The processes end; nothing is waited for. */
export function end(world: World): void {
	for (const device of world.devices) device.die();
}
