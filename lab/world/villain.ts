import { encodeRefusal } from "@sotto/api";
import { type Bytes, copyBytes } from "@sotto/bytes";
import { members, openMessage, openRecord, ownLeaf, randomBytes, sealCommit } from "@sotto/crypto";
import { encodeStatedPosition, positionToState, secretsOf } from "@sotto/protocol";
import { loadGroup } from "../../packages/client/src/store/group-rows.ts";
import { keys } from "../../packages/client/src/store/keys.ts";
import { libraryState, strandSibling } from "../../packages/crypto/src/mls/attacker.test-kit.ts";
import { forbiddenCommits, isAdmin, memberCommits, sealedAgain, statedBy } from "../engine/evil-commits.test-kit.ts";
import { forgeries, packageIn, sendWelcome } from "../engine/foreign-welcome.test-kit.ts";
import { Puppet, Refused, rules } from "../engine/puppet.test-kit.ts";
import type { Offended } from "./chronicle.ts";
import type { Device } from "./device.ts";
import type { Offence } from "./plan.ts";
import type { World } from "./world.ts";

/** A member about to break the rules: its group as its device has it, and who founded that. */
type Scene = {
	readonly world: World;
	readonly device: Device;
	readonly puppet: Puppet;
	readonly thread: string;
	readonly conversation: string;
	readonly founder: Device;
	readonly act: Offence;
};

/** Does what no client of ours does, with the keys of a device whose own client goes on beside it. */
export async function offend(world: World, act: Offence): Promise<void> {
	const scene = await sceneOf(world, act);
	if (scene === undefined) return;
	try {
		await offences[act.how](scene);
	} catch (error) {
		// The server is down, the log is full, or it moved: then this was that.
		if (!(error instanceof Refused)) throw error;
	}
}

async function sceneOf(world: World, act: Offence): Promise<Scene | undefined> {
	const { devices, chronicle, server, time } = world;
	const device = devices[act.who % devices.length] as Device;
	const groups = (await device.conversations()).filter(({ kind, phase }) => kind === "group" && phase === "active");
	const group = groups[act.group % Math.max(1, groups.length)];
	if (group === undefined) return undefined;
	const thread = chronicle.threadOf(device, group);
	const founder = devices.find(({ name }) => name === chronicle.founded.get(thread)?.by);
	if (founder === undefined || founder === device) return undefined;
	const door = {
		now: () => time.now,
		post: async (path: string, body: Bytes) =>
			(await server.handle(device.name, path, body)) ?? { status: 503, body: encodeRefusal({ code: "unavailable" }) },
	};
	const puppet = await Puppet.of(door, device.store.copy(), group.id);
	// What it says of the group has come to its screen before it came to its store.
	if (puppet.state.stop !== undefined) return undefined;
	return { world, device, puppet, thread, conversation: group.id, founder, act };
}

/** Puts a record at the end of the log, as it is. */
async function put(scene: Scene, record: Bytes, isSigned = false): Promise<void> {
	const { world, puppet } = scene;
	world.witness.forged(record);
	const offended = note(scene);
	const tip = await puppet.append(record);
	// Right behind what its author had read: so the epoch is in force there.
	offended.mustBeNamed = isSigned && tip?.seq === puppet.state.at.seq + 1;
}

function note({ world, thread, device, act }: Scene): Offended {
	const offended = { thread, by: device.person, how: act.how, mustBeNamed: false };
	world.chronicle.offend(offended);
	return offended;
}

const offences: Readonly<Record<Offence["how"], (scene: Scene) => Promise<void>>> = {
	commit: forbiddenCommit,
	strand,
	lie,
	replay,
	reseal,
	welcome,
	storm,
	async noise(scene) {
		const { puppet, act } = scene;
		await put(scene, act.n % 2 === 0 ? randomBytes(4096) : await puppet.sealMls(randomBytes(900)));
	},
	async flood(scene) {
		for (let i = 8 + (scene.act.n % 16); i > 0; i--) {
			await put(scene, randomBytes(2048));
			await scene.world.time.sleep(20);
		}
	},
};

async function forbiddenCommit(scene: Scene): Promise<void> {
	const { world, puppet, device, act } = scene;
	const stranger = world.devices.find(({ store }) => store.rows.has(keys.account) && !isMember(store, scene));
	const commits = Object.entries({ ...(isAdmin(puppet) ? {} : memberCommits), ...forbiddenCommits }).filter(
		([name]) => stranger !== undefined || name !== "adds a device of nobody in the policy",
	);
	const [, build] = commits[act.n % commits.length] ?? [];
	const others = members(puppet.group).filter(({ leaf }) => leaf !== ownLeaf(puppet.group));
	const victim = others[act.whom % Math.max(1, others.length)];
	if (build === undefined || victim === undefined) return;
	await put(scene, await build(puppet, victim.leaf, packageIn((stranger ?? device).store)), true);
}

const isMember = (store: Device["store"], { conversation }: Scene) => store.rows.has(keys.line(conversation));

/** C3: whoever stands beside the author in the tree cannot open its path; everybody else can. */
async function strand(scene: Scene): Promise<void> {
	const { puppet, founder, conversation } = scene;
	const authenticatedData = encodeStatedPosition(positionToState(puppet.state));
	const honest = await sealCommit(puppet.group, { authenticatedData, forcePath: true }, rules);
	const witness = await loadGroup(founder.store.copy(), conversation);
	const epochOf = (group: Puppet["group"]) => libraryState(group).groupContext.epoch;
	if (!honest.ok || witness === undefined || epochOf(witness) !== epochOf(puppet.group)) return;
	const { mlsBytes } = honest.value;
	const forged = await strandSibling(puppet.group, witness, { mlsBytes, authenticatedData: statedBy(puppet) });
	// Not the founder, whose screen is the truth for the others'.
	const opened = await openMessage(witness, forged, rules);
	if (opened.ok && opened.value.kind === "commit" && opened.value.outcome.kind === "advanced")
		await put(scene, await puppet.sealMls(forged));
}

async function lie(scene: Scene): Promise<void> {
	const { world, puppet, device, thread } = scene;
	const stated = positionToState(puppet.state);
	if (stated.at.seq === 0) return;
	const said = world.chronicle.say(device, thread, "from another history");
	world.chronicle.lies.add(said.text);
	const forked = { ...stated, at: { seq: stated.at.seq, head: randomBytes(32) } };
	await put(scene, await puppet.sealText(said.text, forked));
}

async function replay(scene: Scene): Promise<void> {
	const { puppet, act } = scene;
	const records = await puppet.records();
	const old = records[act.n % Math.max(1, records.length)];
	if (old === undefined) return;
	await put(scene, old);
	const mls = await openRecord(secretsOf(puppet.state.log).sealKey, old);
	if (mls.ok) await put(scene, await puppet.sealMls(mls.value));
}

/** Waits for somebody to say something, and says it again in that one's place. */
async function reseal(scene: Scene): Promise<void> {
	const { world, puppet } = scene;
	await world.time.sleep(2_000 + (scene.act.n % 10) * 2_000);
	for (const bytes of (await puppet.records()).slice(puppet.state.at.seq)) {
		const record = copyBytes(bytes);
		const opened = await puppet.open(record);
		if (!opened.ok || opened.value.kind !== "application") continue;
		const { leaf } = opened.value.sender;
		if (leaf !== ownLeaf(puppet.group)) return put(scene, await sealedAgain(puppet, record, leaf));
	}
}

async function welcome(scene: Scene): Promise<void> {
	const { world, puppet, device, founder, act } = scene;
	const to = world.devices[act.whom % world.devices.length] as Device;
	if (to === device || !to.store.rows.has(keys.account)) return;
	const third = to === founder ? device : founder;
	// Who is not in cannot know that it is a copy, and is shown one more group.
	const all = Object.entries(await forgeries(puppet, to.store, third.store))
		.filter(([name]) => isMember(to.store, scene) || name !== "a copy of a group that one is in, of a later epoch")
		.map(([, forged]) => forged);
	const forged = all[act.n % all.length];
	if (forged === undefined) return;
	note(scene);
	await sendWelcome(puppet, to.store, forged);
}

async function storm(scene: Scene): Promise<void> {
	for (let i = 2 + (scene.act.n % 8); i > 0; i--) {
		await put(scene, await scene.puppet.commit({}));
		await scene.world.time.sleep(20);
	}
}
