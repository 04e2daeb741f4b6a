import type { MessageItem, SottoClient } from "@sotto/client";
import { type Command, jsonOption, numberOption, profileOption, Refused } from "../command.ts";
import { findAfterSync } from "../profile/find-conversation.ts";
import { withProfile } from "../profile/open-profile.ts";
import { refuseWith } from "../sentences.ts";

const lookEveryMs = 250;

export const send: Command = {
	name: "send",
	words: ["CONV", "TEXT"],
	summary: "writes a message and waits until it is sent",
	details: [
		"CONV is a contact's or group's name, or an id. The message is on disk before the network is used; if the network does not",
		"come back in time the command fails, and the message goes out with the next command. Put -- before a text that starts with -.",
	],
	options: {
		within: { value: "SECONDS", help: "how long to wait for the network (default 30)" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto send Ada 'See you at six'", "sotto send Ada --json -- '-3 degrees here'"],
	run: async (given) => {
		const within = numberOption(given, "within", 1, 86_400) ?? 30;
		const [name, text] = given.words as [string, string];
		await withProfile(given, async (profile) => {
			const conversation = await findAfterSync(profile, name);
			const written = await profile.client.sendMessage(conversation.id, text);
			if (!written.ok) refuseWith(written.error);
			const sent = await waitUntilSent(profile.client, conversation.id, written.value.item, within * 1000);
			if (sent?.state === "failed")
				throw new Refused("The message was not sent. It is safe here; send it again, or ask for contact anew.");
			if (sent === undefined)
				throw new Refused(
					"Not sent yet. Your message is safe here and goes out with the next command, or sotto listen.",
				);
			// The other side is woken only once the message counts (R2): a command that has ended rings nobody.
			await profile.client.sync();
			given.output.result(
				{ id: sent.id, conversation: conversation.id, title: conversation.title, state: "sent", sentAt: sent.sentAt },
				undefined,
			);
		});
	},
};

/** The message once it counts in the conversation's order (C5) or failed; undefined after `withinMs`. */
async function waitUntilSent(
	client: SottoClient,
	conversation: string,
	item: string,
	withinMs: number,
): Promise<MessageItem | undefined> {
	const giveUpAt = performance.now() + withinMs;
	// Looking is cheap and misses nothing; the sync beside it sends and reads back.
	void client.sync();
	while (performance.now() < giveUpAt) {
		const { items } = await client.history(conversation, { limit: 50 });
		const found = items.find((candidate) => candidate.kind === "message" && candidate.id === item);
		if (found?.kind === "message" && found.state !== "sending") return found;
		await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
	}
	return undefined;
}
