import type { LinkingView } from "@sotto/client";
import type { Device } from "./device.ts";
import { homeUrl } from "./device.ts";
import { messagesOf } from "./threads.ts";
import type { World } from "./world.ts";

const tries = 6;
/** Both users look at their screens this often, and lose patience after so many looks. */
const lookMs = 500;
const looks = 120;
const restMs = 6_000;

/** Links a further device to its person's account, both users at their screens. Tried again a few times, as people do (D2). */
export async function link(world: World, device: Device): Promise<void> {
	const owner = firstOf(world, device);
	if (!device.isFurther || device.membership !== "none") return;
	device.membership = "linking";
	for (let i = 0; i < tries; i++) {
		const shown = await shownAsSent(world, owner);
		if (await meet(world, owner, device)) {
			device.membership = "in";
			for (const [thread, texts] of shown) device.handed.set(thread, texts);
			world.sums.linked++;
			await owner.client?.cancelLinking();
			return;
		}
		for (const one of [owner, device]) await one.client?.cancelLinking();
		await world.time.sleep(restMs);
	}
	device.membership = "none";
	device.die();
}

async function meet({ time }: World, owner: Device, device: Device): Promise<boolean> {
	await device.start();
	const begun = await device.client?.startLinking({ home: homeUrl, deviceName: device.name });
	const mine = await linkingOf(device);
	if (begun?.ok !== true || mine?.step !== "showCode") return isReady(device);
	if ((await owner.client?.linkDevice(mine.code))?.ok !== true) return isReady(device);
	for (let i = 0; i < looks; i++) {
		await time.sleep(lookMs);
		if (await isReady(device)) return true;
		const [here, there] = [await linkingOf(owner), await linkingOf(device)];
		// A device that died before its user's word shows nothing any more; one that died behind it goes on by itself.
		if (there === undefined && device.client !== undefined) return false;
		if (here?.step === "failed" || there?.step === "failed") return false;
		if (here?.step !== "compare" || there?.step !== "compare") continue;
		const isSame = here.digits === there.digits;
		for (const one of [owner, device]) await one.client?.confirmLinking(isSame);
	}
	return isReady(device);
}

async function isReady(device: Device): Promise<boolean> {
	return (await device.view()) !== undefined;
}

async function linkingOf(device: Device): Promise<LinkingView | undefined> {
	const view = await device.client?.view();
	return view?.phase === "linking" || view?.phase === "ready" ? view.linking : undefined;
}

async function shownAsSent({ chronicle }: World, owner: Device): Promise<ReadonlyMap<string, readonly string[]>> {
	const shown = new Map<string, readonly string[]>();
	for (const conversation of await owner.conversations()) {
		const items = await owner.items(conversation.id);
		const texts = messagesOf({ items }).flatMap(({ text, state }) => (state === "sent" ? [text] : []));
		shown.set(chronicle.threadOf(owner, conversation), texts);
	}
	return shown;
}

/** Removes a further device, from its person's first one. */
export async function unlink(world: World, device: Device, again = 0): Promise<void> {
	const owner = firstOf(world, device);
	if (!device.isFurther || again > tries) return;
	// A linking that one side took for failed is there a second time, under the same name.
	const namesakes = (await owner.view())?.devices.filter(({ name }) => name === device.name) ?? [];
	const own = namesakes.length > 1 ? (await device.view())?.devices.find(({ thisDevice }) => thisDevice) : undefined;
	const listed = namesakes.find(({ id }) => own === undefined || id === own.id);
	const canGo = device.membership === "in" && listed !== undefined;
	const removed = canGo ? await owner.client?.removeDevice(listed.id) : undefined;
	if (removed?.ok === true) {
		device.membership = "out";
		world.sums.unlinked++;
	} else if (device.membership !== "out")
		world.time.plan(world.time.now + restMs, () => void unlink(world, device, again + 1));
}

// Without one nothing is asked, so that no order of promises hangs on it.
export const hasFurther = ({ plan }: World) => (plan.further ?? []).length > 0;

/** The further devices that are in a conversation now, as they show it themselves. */
export async function furtherIn({ devices, chronicle }: World, thread: string): Promise<readonly string[]> {
	const names: string[] = [];
	for (const device of devices.filter(({ isFurther, membership }) => isFurther && membership === "in"))
		for (const conversation of await device.conversations())
			if (conversation.phase === "active" && chronicle.threadOf(device, conversation) === thread)
				names.push(device.name);
	return names;
}

export function firstOf({ devices }: Pick<World, "devices">, { person }: Device): Device {
	return devices.find(({ name }) => name === person) as Device;
}
