import type { CallView, ReadyView } from "@sotto/client";
import { carryCall, type CarriedCall, type CarryOptions } from "../call/carry-call.ts";
import { readSource } from "../call/call-files.ts";
import type { Heard } from "../call/recordings.ts";
import { type Command, type Given, jsonOption, numberOption, profileOption, Refused } from "../command.ts";
import { offerClient } from "../profile/local-socket.ts";
import { findAfterSync } from "../profile/find-conversation.ts";
import { type OpenProfile, readyView, withProfile } from "../profile/open-profile.ts";
import { waitForView } from "../profile/wait-for-view.ts";
import { refuseWith } from "../sentences.ts";

const maxSeconds = 86_400;
/** What was read of a log shows in the view a moment later. */
const settleMs = 1_000;

const mediaOptions = {
	play: { value: "FILE", help: "an Ogg Opus file to say, in packets of 20 ms; before and after it there is silence" },
	video: { value: "FILE", help: "an IVF file of VP9 or VP8 to show" },
	record: { value: "FILE", help: "where to write what is heard: FILE of the first person, FILE-2 of the second …" },
	for: { value: "SECONDS", help: "hang up this long after the call was connected" },
	profile: profileOption,
	json: jsonOption,
} as const;

const about = [
	"Ends with Ctrl-C, after --for, or when the others hang up. A call that was connected ends with exit code 0, one that nobody",
	"took with 1. Every frame is sealed here; the server sees packets of one size at one pace, also while nothing is said.",
	'Lines with --json have a "type": "ringing", "joined", "participant", "heard", "connected", "played", "reconnecting", "outOfStep",',
	'"inStep", "ended". Meanwhile other commands of the profile work: one may write, or change the group.',
];

export const call: Command = {
	name: "call",
	words: ["CONV"],
	summary: "calls a contact or a group, plays a file and records the others",
	details: about,
	options: mediaOptions,
	examples: [
		"sotto call Ada --play hello.opus --record ada.opus --for 30",
		"sotto call Family --video clip.ivf --play clip.opus --json",
	],
	run: (given) =>
		carry(given, async (profile) => {
			const conversation = await findAfterSync(profile, given.words[0] as string);
			const started = await profile.client.startCall(conversation.id, { video: given.text("video") !== undefined });
			if (!started.ok) refuseWith(started.error);
		}),
};

export const join: Command = {
	name: "join",
	words: ["CONV"],
	summary: "joins the call that goes on in a group, without ringing anybody",
	details: ["Also one that rings here now, and one that you missed, declined or left.", ...about],
	options: mediaOptions,
	examples: ["sotto join Family --record family.opus"],
	run: (given) =>
		carry(given, async (profile) => {
			await profile.client.sync();
			const { id, title } = await findAfterSync(profile, given.words[0] as string);
			const going = await waitForView(profile, (view) => callIn(view, id), settleMs);
			if (going === undefined) throw new Refused(`No call goes on in ${title}.`);
			const joined =
				going.ringing === undefined
					? await profile.client.joinCall(id, { video: given.text("video") !== undefined })
					: await profile.client.answerCall(going.ringing);
			if (!joined.ok) refuseWith(joined.error);
		}),
};

export const answer: Command = {
	name: "answer",
	words: [],
	summary: "waits for a call and takes it",
	details: about,
	options: {
		...mediaOptions,
		within: { value: "SECONDS", help: "how long to wait for somebody to call (default: a day)" },
	},
	examples: ["sotto answer --play hello.opus --record caller.opus", "sotto answer --within 60 --json"],
	run: (given) => {
		const within = numberOption(given, "within", 1, maxSeconds);
		return carry(given, async (profile, hangUp) => {
			given.output.result({ type: "waiting" }, "Waiting for a call. Ctrl-C ends.");
			const ringing = await waitForRing(profile, hangUp, within);
			if (ringing === undefined) throw new Refused("Nobody called.");
			const answered = await profile.client.answerCall(ringing.call);
			if (!answered.ok) refuseWith(answered.error);
		});
	},
};

/** What one could join in a conversation: a call that rings here, or one that goes on without this device. */
function callIn({ call: own, conversations }: ReadyView, conversation: string) {
	const isRinging = own?.direction === "incoming" && own.phase.name === "ringing" && own.conversation === conversation;
	if (isRinging) return { ringing: own.call };
	const goesOn = conversations.some(({ id, ongoingCall }) => id === conversation && ongoingCall !== undefined);
	return goesOn ? { ringing: undefined } : undefined;
}

/** Begins a call by `begin` and carries it to its end. Files are read before anybody is rung. */
async function carry(
	given: Given,
	begin: (profile: OpenProfile, hangUp: Promise<void>) => Promise<void>,
): Promise<void> {
	const seconds = numberOption(given, "for", 1, maxSeconds);
	const source = readSource(given);
	await withProfile(given, async (profile) => {
		// The key that joins a room does not leave the process that has the engine.
		if (profile.how === "met")
			throw new Refused(
				`sotto listen, or a call, runs on ${profile.folder}, and a call needs the profile for itself: end that first.`,
			);
		await readyView(profile);
		await endLeftCall(profile);
		const hangUp = new Promise<void>((resolve) => {
			for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
		});
		const options: CarryOptions = {
			source,
			record: given.text("record"),
			forMs: seconds === undefined ? undefined : seconds * 1000,
			hangUp,
		};
		// Meanwhile one may write, and change the group: the call holds the profile's lock, and may take hours.
		const stopOffering = await offerClient(profile.folder, profile.client);
		try {
			await begin(profile, hangUp);
			await carryBegun(given, profile, options);
		} finally {
			stopOffering();
		}
	});
}

async function carryBegun(given: Given, profile: OpenProfile, options: CarryOptions): Promise<void> {
	const { call: begun } = await readyView(profile);
	if (begun === undefined || begun.phase.name === "ended") throw new Refused("The call is over.");
	const carried = await carryCall(given, profile, begun, options);
	// What hanging up says has to go out before this command ends.
	await profile.client.sync();
	const { conversations } = await readyView(profile);
	const isOut = conversations.some(({ id, phase }) => id === begun.conversation && phase === "left");
	tellEnd(given, begun, isOut ? { ...carried, reason: "notMember" } : carried);
}

/** A call that a killed command was in: nobody carries it any more, and it would be in the way. */
async function endLeftCall(profile: OpenProfile): Promise<void> {
	const { call: left } = await readyView(profile);
	if (left === undefined) return;
	const isCarried = left.direction === "outgoing" || left.phase.name !== "ringing";
	if (isCarried && left.phase.name !== "ended") await profile.client.hangUp(left.call);
}

function waitForRing(
	profile: OpenProfile,
	stop: Promise<void>,
	within: number | undefined,
): Promise<CallView | undefined> {
	const isRinging = ({ call: own }: ReadyView) =>
		own?.direction === "incoming" && own.phase.name === "ringing" ? own : undefined;
	return waitForView(profile, isRinging, (within ?? maxSeconds) * 1000, stop);
}

/** Why a call ended; `notMember`: this account is no longer in the group. */
type CallEnd = Omit<CarriedCall, "reason"> & { readonly reason: CarriedCall["reason"] | "notMember" };

function tellEnd(given: Given, begun: CallView, { reason, cause, wasConnected, heard }: CallEnd): void {
	const { call: key, conversation, title } = begun;
	const people = heard.map(({ speaker, ...rest }) => {
		return { name: speaker.person.name, account: speaker.person.account, ...rest };
	});
	given.output.result(
		{ type: "ended", call: key, conversation, title, reason, cause, heard: people },
		[endSentences[reason], ...heard.map(heardText)].join("\n"),
	);
	const failed = heard.find(({ failure }) => failure !== undefined);
	if (failed !== undefined) throw new Refused(`${failed.file} is not whole: writing failed (${failed.failure}).`);
	if (!wasConnected) throw new Refused(endSentences[reason]);
}

function heardText({ speaker, file, soundMs }: Heard): string {
	const seconds = (soundMs / 1000).toFixed(1);
	return `  ${speaker.person.name}: ${seconds} s of sound${file === undefined ? "" : ` in ${file}`}`;
}

const endSentences: Readonly<Record<CallEnd["reason"], string>> = {
	hungUp: "The call has ended.",
	remoteHungUp: "The other side has hung up.",
	declined: "The call was declined.",
	busy: "They are in another call.",
	cancelled: "The call was given up.",
	noAnswer: "Nobody answered.",
	missed: "The caller has given up.",
	failed: "The call could not be connected.",
	elsewhere: "The call was answered on another device.",
	notMember: "You are no longer in this group.",
};
