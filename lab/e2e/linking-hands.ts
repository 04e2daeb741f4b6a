import type { Person } from "./faults/person.ts";

/** The digits on a screen, as they are read out. */
export async function digitsOn(person: Person): Promise<string> {
	const digits = person.page.getByRole("group", { name: /^The number is/ });
	return (await digits.getAttribute("aria-label", { timeout: 60_000 })) ?? "";
}

/** On the device with the account: up to where the other's code is asked for. */
export async function openDevices(person: Person): Promise<void> {
	await person.hands.press("Settings");
	await person.hands.press("Link a device");
}

/** On the device without an account: the code on its screen. */
export async function showCode(person: Person): Promise<string> {
	await person.hands.press("I use Sotto already: link this device");
	return person.page.getByRole("group", { name: "Code", exact: true }).innerText();
}

export async function typeCode(person: Person, code: string): Promise<void> {
	await person.hands.fill("Code of the new device", code);
	await person.hands.press("Continue");
}

/** Both users say that the numbers are the same; the device with the account stays in its settings. */
export async function confirmBoth(first: Person, second: Person): Promise<void> {
	await second.hands.press("They are the same");
	await second.hands.sees("Now press the same on the other device.");
	await first.hands.press("They are the same");
	await second.hands.sees("This device is linked.", 60);
	await first.hands.sees("is linked.", 60);
	await first.page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
}
