import type { CommandError, TroubleView } from "@sotto/client";
import { unreachable } from "@sotto/bytes";
import { Refused } from "./command.ts";

/** What to tell a person about a command that was not done: what happened, what is safe, what to do. */
export function sentenceOf({ kind, code }: CommandError): string {
	switch (kind) {
		case "badName":
			return "That cannot be a name: it must not be empty or longer than 64 characters.";
		case "badLink":
			return "That is not a contact link. It looks like https://HOST/#… and must be complete.";
		case "ownLink":
			return "That is your own link. Give it to the person you want to talk to.";
		case "linkLapsed":
			return "That link no longer works: its owner has replaced it or was away too long. Ask for a new one.";
		case "otherServer":
			return "That link is of another server. For now both of you need an account on the same one.";
		case "alreadyContact":
			return "You are in contact already.";
		case "blocked":
			return "You have blocked this person.";
		case "unreachable":
			return "The server cannot be reached. Nothing is lost; try again when the network is back.";
		case "refused":
			return `The server refused${code === undefined ? "" : ` (${code})`}. Nothing was changed; try again later.`;
		case "notFound":
			return "There is nothing of that name or id.";
		case "emptyText":
			return "There is nothing to send.";
		case "tooLong":
			return "That is too long for one message. Send it in parts.";
		case "alreadyInCall":
			return "You are in a call already.";
		case "noSuchCall":
			return "That call is over.";
		case "storageFull":
			return "The disk is full. Nothing was lost; make room and try again.";
		case "notReady":
			return "The profile is not ready. Try again.";
		case "mismatch":
			return "The numbers do not match. Compare again, over a line you trust.";
		case "notAdmin":
			return "Only an admin of the group may do that.";
		case "lastAdmin":
			return "A group needs an admin. Make somebody else one first.";
		case "alreadyMember":
			return "They are in this group already.";
		case "notMember":
			return "They are not in this group.";
		case "tooMany":
			return "That is more than there may be.";
		case "wrongPassphrase":
			return "The passphrase does not open this file. Nothing was changed.";
		case "shortPassphrase":
			return "A passphrase needs 10 characters or more; six words that nobody would guess are good.";
		case "badFile":
			return "That is not a backup of Sotto, or it is damaged. Nothing was changed.";
		case "thisDevice":
			return "That is this device itself. Remove it from another device of the account.";
		case "notPrimary":
			return "Only a device that holds the account key may do that. Use the device that the account was made on.";
		default:
			return unreachable(kind);
	}
}

/** What is wrong around this device, and the one thing to do about it. */
export function troubleSentence(trouble: TroubleView): string {
	switch (trouble.kind) {
		case "deviceRemoved":
			return "Another device has removed this one from the account. What is here can be read; link it again to go on.";
		case "deviceFull":
			return "This disk is full. Nothing sent is lost; make room to go on.";
		case "serverFull":
			return "The server is out of space. Messages wait safely here; tell whoever runs it.";
		case "clockOff": {
			const minutes = Math.round(Math.abs(trouble.byMs) / 60_000);
			return `This clock is ${minutes} minutes ${trouble.byMs > 0 ? "ahead" : "behind"}. Set it right, or times look wrong.`;
		}
	}
}

export function refuseWith(error: CommandError): never {
	throw new Refused(sentenceOf(error));
}
