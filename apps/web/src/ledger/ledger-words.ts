import type { LedgerEntry } from "@sotto/client";
import type { IconName } from "../ui/icons.tsx";
import { byteSize, durationWords, exactTime, wholeNumber } from "../words/format.ts";
import { words } from "../words/index.ts";
import type { LedgerGroup } from "./groups.ts";

/** A record that is no message one wrote: the app's own, such as how to wake this device, or a call's beginning. */
function sentWords({ lines }: LedgerGroup, title: string, text: string | undefined): string {
	const { causes } = words.server;
	const appends = lines.some(({ entry }) => entry.action === "append");
	if (!appends) return causes.received(title);
	if (text !== undefined) return causes.wrote(title);
	const rings = lines.some(({ entry: { saw } }) =>
		saw.some(({ field, value }) => field === "urgency" && value === "call"),
	);
	return rings ? causes.called(title) : causes.sent(title);
}

/** What the person did, or what the app did by itself. `text` is the message written, where there is one. */
export function causeWords(group: LedgerGroup, text: string | undefined): string {
	const { cause, lines } = group;
	const { causes } = words.server;
	if (cause === undefined) return causes.unknown;
	const title = cause.title ?? causes.somebody;
	switch (cause.kind) {
		case "message":
			return sentWords(group, title, text);
		case "call":
			return causes.call(title);
		case "contact":
			return cause.title === undefined ? causes.contactUnnamed : causes.contact(title);
		case "account":
			return lines.some(({ entry }) => entry.action === "createLog") ? causes.account : causes.accountLater;
		case "sync":
			return causes.sync;
		case "presence":
			return causes.presence;
	}
}

const causeIcons: { readonly [kind in NonNullable<LedgerEntry["cause"]>["kind"]]: IconName } = {
	message: "chats",
	call: "phone",
	contact: "addPerson",
	account: "people",
	sync: "retry",
	presence: "bell",
};

export const causeIcon = (cause: LedgerEntry["cause"]): IconName =>
	cause === undefined ? "settings" : causeIcons[cause.kind];

/** One thing a part of the server could note, in words. */
export function sawWords({ field, value }: LedgerEntry["saw"][number]): {
	readonly name: string;
	readonly value: string;
} {
	return { name: words.server.fields[field], value: typeof value === "number" ? figure(field, value) : value };
}

function figure(field: LedgerEntry["saw"][number]["field"], value: number): string {
	if (field === "bytes") return byteSize(value);
	return field === "durationMs" ? durationWords(value) : wholeNumber(value);
}

export type OrdinaryFact = { readonly name: string; readonly value: string };

/** What a server that holds the keys would have noted of the same thing. `text` is the message, where it is known. */
export function ordinaryFacts(group: LedgerGroup, me: string, text: string | undefined): readonly OrdinaryFact[] {
	const { ordinary, causes } = words.server;
	const other = group.cause?.title ?? causes.somebody;
	const when = { name: ordinary.when, value: exactTime(group.at) };
	const address = { name: ordinary.address, value: ordinary.addressValue };
	const device = { name: ordinary.device, value: ordinary.deviceValue };
	const fromTo = [
		{ name: ordinary.from, value: me },
		{ name: ordinary.to, value: other },
	];
	switch (group.cause?.kind) {
		case "message": {
			const sent = group.lines.some(({ entry }) => entry.action === "append");
			return [
				...(sent
					? fromTo
					: [
							{ name: ordinary.from, value: other },
							{ name: ordinary.to, value: me },
						]),
				{ name: ordinary.text, value: text === undefined ? ordinary.textUnknown : `“${text}”` },
				{ name: ordinary.readMark, value: ordinary.readValue },
				when,
				address,
			];
		}
		case "call":
			return [
				...fromTo,
				{ name: ordinary.sound, value: ordinary.soundValue },
				{ name: ordinary.duration, value: ordinary.presenceValue },
				when,
				address,
			];
		case "contact":
			return [{ name: ordinary.contacts, value: ordinary.contactsValue }, ...fromTo, when, address];
		case "account":
			return [{ name: ordinary.account, value: ordinary.accountValue }, address, device];
		case "sync":
		case "presence":
		case undefined:
			return [{ name: ordinary.presence, value: ordinary.presenceValue }, address, device];
	}
}
