import { expectOk, homeUrl, type Person, until, type World } from "./world.test-kit.ts";

/** Makes a code on a device without an account. */
export async function showCode(device: Person): Promise<string> {
	expectOk(await device.client.startLinking({ home: homeUrl, deviceName: device.name }));
	return until("a code", async () => {
		const view = await device.client.view();
		return view.phase === "linking" && view.linking.step === "showCode" && view.linking.code;
	});
}

/** Shows a code on a fresh device of `owner`'s, types it there, and returns when both screens show digits. */
export async function meet(world: World, owner: Person, deviceName: string): Promise<Person> {
	const device = await world.start(deviceName);
	expectOk(await owner.client.linkDevice(await showCode(device)));
	await until("both compare", async () => {
		const digits = [await digitsOf(owner), await digitsOf(device)];
		return digits[0] !== undefined && digits[1] !== undefined;
	});
	return device;
}

export async function digitsOf(person: Person): Promise<string | undefined> {
	const view = await person.client.view();
	const linking = view.phase === "linking" || view.phase === "ready" ? view.linking : undefined;
	return linking?.step === "compare" ? linking.digits : undefined;
}

/** Links a fresh device, both users confirming. */
export async function link(world: World, owner: Person, deviceName: string, primary = false): Promise<Person> {
	const device = await meet(world, owner, deviceName);
	expectOk(await owner.client.confirmLinking(true, { primary }));
	expectOk(await device.client.confirmLinking(true));
	await until(`${deviceName} is a device of the account`, async () => (await device.client.view()).phase === "ready");
	await until("both are done", async () => (await owner.ready()).linking?.step === "done");
	expectOk(await owner.client.cancelLinking());
	return device;
}

/** A device of the account by its name, as `person` knows it. */
export async function idOf(person: Person, name: string): Promise<string> {
	return until(
		`${person.name} knows ${name}`,
		async () => (await person.ready()).devices.find((device) => device.name === name)?.id,
	);
}

/** Returns when `person`'s removal of a device is done in `total` conversations. */
export async function removed(person: Person, deviceName: string, total: number): Promise<void> {
	const job = await until(
		`${deviceName} is out`,
		async () => {
			const { jobs } = await person.ready();
			return jobs.find((one) => one.kind === "removeDevice" && one.deviceName === deviceName && one.state === "done");
		},
		180_000,
	);
	if (job.done !== total || job.total !== total) throw new Error(`done in ${job.done} of ${job.total}`);
}
