import type { Check } from "./properties.ts";
import { messagesOf, type Seen, type Thread } from "./threads.ts";
import type { World } from "./world.ts";

/**
 * D2, C1: a further device is in every conversation that its person's first one is in, shows all that was said since it came in and all
 * that it was handed, in the one order; and one that was removed is told so.
 */
export function checkDevices(world: World, thread: Thread, check: Check): void {
	const { chronicle, sums } = world;
	const { name, seen } = thread;
	for (const device of world.devices.filter(({ isFurther }) => isFurther)) {
		const first = seen.find((one) => one.device.name === device.person);
		const own = seen.find((one) => one.device === device);
		if (first === undefined || chronicle.isOffender(name, device.person)) continue;
		const where = () => `${device.name}, ${name}: ${own?.view.phase} ${JSON.stringify(own?.view.alarm)}`;
		if (device.membership === "out" && own !== undefined) {
			check("a removed device is out", own.view.phase !== "active", where);
			check(
				"a removed device shows nothing that is said since",
				!shownOf(own).some((text) => chronicle.find(text)?.out.includes(device.name)),
				where,
			);
		}
		// Nobody knows of a letter that the server took and lost.
		if (device.membership !== "in" || sums.lettersAtRisk > 0) continue;
		if (first.view.phase === "active") check("every device of an account is in", own?.view.phase === "active", where);
		if (own === undefined) continue;
		const [truth, shown] = [shownOf(first), shownOf(own)];
		check(
			"every device shows the same order",
			String(shown) === String(truth.filter((text) => shown.includes(text))),
			() => [where(), brief(truth), brief(shown)].join("\n    "),
		);
		for (const text of truth) {
			const since = chronicle.find(text)?.present.includes(device.name) === true;
			if (since)
				check("a device shows what was said since it came in", shown.includes(text), () => `${where()} lacks ${text}`);
		}
		for (const text of device.handed.get(name) ?? [])
			check(
				"a device shows what was said before it was linked",
				shown.includes(text),
				() => `${where()} lacks ${text}`,
			);
	}
}

/** Whether every further device is where its person's first one is. */
export function areDevicesQuiet({ devices, chronicle, sums }: World, { name, seen }: Thread): boolean {
	return devices
		.filter(({ isFurther, membership }) => isFurther && membership === "in")
		.every((device) => {
			const first = seen.find((one) => one.device.name === device.person);
			const own = seen.find((one) => one.device === device);
			if (first?.view.phase !== "active" || chronicle.isOffender(name, device.person) || sums.lettersAtRisk > 0)
				return true;
			return own?.view.phase === "active" && shownOf(own).at(-1) === shownOf(first).at(-1);
		});
}

function shownOf(one: Pick<Seen, "items">): readonly string[] {
	return messagesOf(one).flatMap(({ text, state }) => (state === "sent" ? [text] : []));
}

const brief = (texts: readonly string[]) => texts.map((text) => /^«\d+»/.exec(text)?.[0] ?? text).join(" ");
