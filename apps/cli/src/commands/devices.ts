import type { DeviceView } from "@sotto/client";
import { type Command, jsonOption, numberOption, profileOption, Refused } from "../command.ts";
import { jobJson, jobText } from "../job-lines.ts";
import { findDevice } from "../profile/find-conversation.ts";
import { followJobs } from "../profile/follow-jobs.ts";
import { type OpenProfile, readyView, withProfile } from "../profile/open-profile.ts";
import { refuseWith } from "../sentences.ts";
import { syncOrRemark } from "./sync.ts";

export const deviceList: Command = {
	name: "device list",
	words: [],
	summary: "lists your account's devices, this one first, and what goes on with them",
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto device list", "sotto device list --json"],
	run: (given) =>
		withProfile(given, async (profile) => {
			const { devices, jobs } = await newestView(profile);
			for (const device of devices) {
				const { id, name, linkedAt, thisDevice, primary } = device;
				given.output.result({ type: "device", id, name, linkedAt, thisDevice, primary }, deviceText(device));
			}
			for (const job of jobs) given.output.result(jobJson(job), jobText(job));
		}),
};

export const deviceRename: Command = {
	name: "device rename",
	words: ["DEVICE", "NAME"],
	summary: "names one of your devices; only you see it",
	details: ["DEVICE is its name or id in: sotto device list"],
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto device rename 'Chrome · Linux' Kitchen"],
	run: (given) =>
		withProfile(given, async (profile) => {
			const { id } = findDevice(await newestView(profile), given.words[0] as string);
			const renamed = await profile.client.renameDevice(id, given.words[1] as string);
			if (!renamed.ok) refuseWith(renamed.error);
			await syncOrRemark(profile);
			const name = (await readyView(profile)).devices.find((device) => device.id === id)?.name;
			given.output.result({ id, name }, `It is called ${name} now.`);
		}),
};

export const deviceRemove: Command = {
	name: "device remove",
	words: ["DEVICE"],
	summary: "removes one of your devices: it is locked out of every conversation",
	details: [
		"One conversation after the other; what is not done within --within goes on with the next command, or sotto listen. What the",
		"device has already stays on it: if it was stolen, tell the people you talk to. Only a device that holds the account key may.",
	],
	options: {
		within: { value: "SECONDS", help: "how long to wait until it is out everywhere (default 120)" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto device remove 'Old phone'"],
	run: async (given) => {
		const within = numberOption(given, "within", 1, 86_400) ?? 120;
		await withProfile(given, async (profile) => {
			const before = await newestView(profile);
			const { id, name } = findDevice(before, given.words[0] as string);
			const earlier = new Set(before.jobs.map((job) => job.id));
			const removed = await profile.client.removeDevice(id);
			if (!removed.ok) refuseWith(removed.error);
			const isThis = (job: { readonly id: string }) => !earlier.has(job.id);
			const [job] = await followJobs(given, profile.client, ["removeDevice"], isThis, within * 1000);
			// The new mailbox, and the rings, leave after the last commit counts.
			await profile.client.sync();
			if (job?.state !== "done" && job?.state !== "failed")
				throw new Refused("Not everywhere yet. It is noted here and goes on with the next command, or sotto listen.");
			if (job.state === "failed") throw new Refused(jobText(job));
			given.output.result({ id, name, state: "removed" }, undefined);
		});
	},
};

/** The account's devices, as they are on the server now. */
async function newestView(profile: OpenProfile) {
	await readyView(profile);
	await syncOrRemark(profile);
	return readyView(profile);
}

function deviceText({ id, name, linkedAt, thisDevice, primary }: DeviceView): string {
	const facts = [
		...(thisDevice ? ["this device"] : []),
		...(primary ? ["manages your account"] : []),
		...(linkedAt === 0 ? [] : [`linked ${new Date(linkedAt).toLocaleDateString("sv-SE")}`]),
	];
	return `${name === "" ? "unnamed" : name}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}\n  ${id}`;
}
