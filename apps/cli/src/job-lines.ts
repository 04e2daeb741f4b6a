import type { JobView } from "@sotto/client";

/** How far long work has come, as the JSON line of the `device` commands. */
export function jobJson({ kind, deviceName, done, total, state }: JobView): { readonly [key: string]: unknown } {
	return { type: "job", job: kind, device: deviceName, done, total, state };
}

/** The same for people. */
export function jobText(job: JobView): string {
	if (job.state === "done") return doneText(job);
	if (job.state === "failed") return failedText(job);
	const { kind, deviceName: name, done, total } = job;
	const waits = job.state === "waiting" ? " (waits for the network)" : "";
	const texts = {
		addDevice: `${name} is in ${done} of ${total} conversations`,
		removeDevice: `${name} is locked out of ${done} of ${total} conversations`,
		sendHistory:
			total === 0
				? `What was said before goes to ${name} once it is in your conversations`
				: `What was said before goes to ${name}: ${done} of ${total} conversations`,
		receiveHistory:
			total === 0 ? "What was said before is coming" : `What was said before is coming: ${done} of ${total} parts`,
	} as const;
	return `${texts[kind]}${waits}`;
}

function doneText({ kind, deviceName: name }: JobView): string {
	const texts = {
		addDevice: `${name} is in all your conversations.`,
		removeDevice: `${name} is locked out of everything.`,
		sendHistory: `What was said before is on its way to ${name}.`,
		receiveHistory: "What was said before is here.",
	} as const;
	return texts[kind];
}

function failedText({ kind, deviceName: name }: JobView): string {
	const texts = {
		addDevice: `${name} could not be let in everywhere. Link it again.`,
		removeDevice: `${name} is still in a conversation that this device cannot follow. It is locked out there once that goes on.`,
		sendHistory: `What was said before could not be sent to ${name}.`,
		receiveHistory: "What was said before did not arrive whole. It is still on your other device.",
	} as const;
	return texts[kind];
}
