import { hostname } from "node:os";
import process from "node:process";
import type { ClientView, CommandError, LinkingView, SottoClient } from "@sotto/client";
import { type Command, type Given, jsonOption, numberOption, profileOption, Refused } from "../command.ts";
import { followJobs } from "../profile/follow-jobs.ts";
import { readyView, settledView, withProfile } from "../profile/open-profile.ts";
import { waitForAnyView } from "../profile/wait-for-view.ts";
import { readAnswer } from "../read-answer.ts";
import { refuseWith } from "../sentences.ts";
import { homeUrl } from "./account.ts";

const withinOption = {
	value: "SECONDS",
	help: "how long to wait, once it is linked, until conversations and history are there (default 180)",
} as const;

export const deviceLink: Command = {
	name: "device link",
	words: ["CODE"],
	summary: "links a new device of yours, which shows the code, to your account",
	details: [
		"Both devices then show the same number, and you say so on both: yes or no, on stdin. A different number means that somebody",
		"stands between them. A linked device reads and writes in your name, in all your conversations.",
	],
	options: {
		primary: { help: "it may manage the account too: link and remove devices, change your name" },
		within: withinOption,
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto device link 7K3MQ-4XW0T", "sotto device link 7K3MQ-4XW0T --primary"],
	run: async (given) => {
		const within = numberOption(given, "within", 1, 86_400) ?? 180;
		await withProfile(given, async ({ client, ...profile }) => {
			const before = await readyView({ client, ...profile });
			const own = before.devices.find(({ thisDevice }) => thisDevice);
			// From the second device on, one has to be told from the other.
			if (own?.name === "") await client.renameDevice(own.id, hostname().slice(0, 64));
			if (before.linking?.step === "done" || before.linking?.step === "failed") await client.cancelLinking();
			const begun = await client.linkDevice(given.words[0] as string);
			if (!begun.ok) refuseLinking(begun.error);
			const otherName = await carryLinking(given, client, "existing");
			const known = new Set(before.devices.map(({ id }) => id));
			const { devices } = await readyView({ client, ...profile });
			const linked = devices.find(({ id }) => !known.has(id));
			const about = { id: linked?.id, name: linked?.name ?? otherName };
			given.output.result({ type: "linked", ...about }, `${about.name} is linked.`);
			await client.cancelLinking();
			const isOfIt = (job: { readonly deviceName: string }) => job.deviceName === about.name;
			const jobs = await followJobs(given, client, ["addDevice", "sendHistory"], isOfIt, within * 1000);
			await client.sync();
			if (jobs.some(({ state }) => state !== "done")) given.output.remark(goesOn);
		});
	},
};

export const deviceJoin: Command = {
	name: "device join",
	words: [],
	summary: "makes this machine a device of an account that you have already",
	details: [
		"Shows a code for the device that has the account: there, sotto device link CODE, or in the app Settings, Link a device. Both",
		"devices then show the same number, and you say so on both: yes or no, on stdin. The history follows.",
	],
	options: {
		home: { value: "URL", help: "the account's server, such as https://sotto.example" },
		name: { value: "NAME", help: "what this device is called (default: this machine's name)" },
		within: withinOption,
		profile: profileOption,
		json: jsonOption,
	},
	examples: [
		"sotto device join --home https://sotto.example",
		"sotto device join --home https://sotto.example --name Cellar",
	],
	run: async (given) => {
		const within = numberOption(given, "within", 1, 86_400) ?? 180;
		const deviceName = given.text("name") ?? hostname().slice(0, 64);
		const home = homeUrl(given.text("home"));
		await withProfile(given, async (profile) => {
			const { client } = profile;
			const before = await settledView(client);
			if (before.phase === "ready") throw new Refused(`${profile.folder} holds an account already: ${before.me.name}.`);
			// Else the one before was cut off after its user's word, and goes on where it was.
			if (before.phase === "noAccount") {
				const begun = await client.startLinking({ home, deviceName });
				if (!begun.ok) refuseWith(begun.error);
			}
			await carryLinking(given, client, "new");
			const { me } = await readyView(profile);
			given.output.result(
				{ type: "linked", name: me.name, account: me.account },
				`This device is linked: you are ${me.name}.`,
			);
			const [job] = await followJobs(given, client, ["receiveHistory"], () => true, within * 1000);
			await client.sync();
			if (job?.state !== "done" && job?.state !== "failed") given.output.remark(goesOn);
		});
	},
};

const goesOn = "The rest comes with the next commands, or sotto listen.";

/** Some refusals say more here than anywhere else. */
function refuseLinking(error: CommandError): never {
	if (error.kind === "badLink")
		throw new Refused(
			"That is not what a new device shows. The code has ten letters and digits; see: sotto device join --help",
		);
	if (error.kind === "tooMany") throw new Refused("You have six devices, and more there cannot be.");
	if (error.kind === "notReady") throw new Refused("Another device is being linked. Finish that first.");
	refuseWith(error);
}

const linkingOf = (view: ClientView) => (view.phase === "linking" || view.phase === "ready" ? view.linking : undefined);

/** From the code to the end of linking: shows what is to be seen, and asks what only the user can know. Returns the other's name. */
async function carryLinking(given: Given, client: SottoClient, side: "new" | "existing"): Promise<string> {
	const cancelled = () => void client.cancelLinking();
	process.once("SIGINT", cancelled);
	let otherName = "";
	for (let shown: LinkingView["step"] | undefined; ; ) {
		const linking = await nextStep(client, shown);
		shown = linking === "over" ? undefined : linking.step;
		if (linking === "over" || linking.step === "done") break;
		if (linking.step === "failed") throw new Refused(failures[linking.reason]);
		if (linking.step === "showCode") {
			const { code, qr, expiresAt } = linking;
			given.output.result(
				{ type: "code", code, qr, expiresAt },
				`On the device that has your account: sotto device link ${code}`,
			);
		}
		if (linking.step !== "compare" || linking.confirmedHere) continue;
		otherName = linking.otherName;
		await compare(given, client, linking, side);
	}
	process.off("SIGINT", cancelled);
	return otherName;
}

/** A code is good for ten minutes: nothing of it takes longer. */
const linkingMs = 11 * 60_000;

/** What linking has come to; "over": there is no more of it, because the device has its account. */
async function nextStep(client: SottoClient, shown: LinkingView["step"] | undefined): Promise<LinkingView | "over"> {
	const next = await waitForAnyView(
		client,
		(view) => {
			const linking = linkingOf(view);
			return linking?.step === shown && shown !== undefined ? undefined : (linking ?? "over");
		},
		linkingMs,
	);
	if (next === undefined) throw new Refused(failures.expired);
	return next;
}

async function compare(
	given: Given,
	client: SottoClient,
	{ digits, otherName }: Extract<LinkingView, { step: "compare" }>,
	side: "new" | "existing",
): Promise<void> {
	const number = `${digits.slice(0, 3)} ${digits.slice(3)}`;
	given.output.result({ type: "compare", digits, other: otherName }, `The number is ${number}.`);
	const isPast = nextStep(client, "compare").then(() => undefined);
	const same = await readAnswer(
		`Does ${side === "new" ? "the other device" : "the new device"} show the same number?`,
		isPast,
	);
	if (same === undefined) {
		// The other side has ended it, which the next look says; or nobody answers here.
		const { step } = linkingOf(await client.view()) ?? {};
		if (step !== "compare") return;
		await client.cancelLinking();
		throw new Refused("Nobody said that the numbers are the same. Nothing was handed over.");
	}
	await client.confirmLinking(same, { primary: given.isSet("primary") });
	if (same) given.output.remark("Now say the same on the other device.");
}

const failures: { readonly [reason in Extract<LinkingView, { step: "failed" }>["reason"]]: string } = {
	mismatch:
		"The numbers differed. Nothing was handed over. Try again on another network; if they differ again, somebody stands between the two.",
	expired: "The code has run out. Nothing was handed over. Start again, with a fresh code.",
	wrongCode:
		"No device waits with that code. Nothing was handed over. Look at the new device and type what it shows now.",
	unreachable:
		"The two did not find each other. Nothing was handed over. See that both have a network, then try again.",
	tooManyDevices: "There are six devices already, and more there cannot be. This one was not linked.",
	cancelled: "It was called off. Nothing was handed over.",
};
