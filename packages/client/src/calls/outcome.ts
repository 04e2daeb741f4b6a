import { type CallWords, callContentOf } from "@sotto/protocol";
import type { CallHistoryRow, ConversationHost } from "../conversation-host.ts";
import type { StoreOp } from "../ports.ts";
import { unwrapStore } from "../store/transaction.ts";

type Send = { readonly conversation: string } & ({ readonly words: CallWords } | { readonly text: string });

/** What a step of the machine leaves to be done, in the order in which it may be done. */
export class Outcome {
	readonly write: StoreOp[] = [];
	readonly rows: { readonly conversation: string; readonly row: CallHistoryRow }[] = [];
	readonly sends: Send[] = [];
	/** Once everything is durable. */
	readonly after: (() => void)[] = [];

	/**
	 * Rows first, then the state together with what is said: after a crash in between, the state still is the old one and
	 * says it again. `refused` is called with a conversation that takes no start.
	 */
	async carryOut(host: ConversationHost, state: () => StoreOp, refused: (conversation: string) => void): Promise<void> {
		for (const { conversation, row } of this.rows) await host.record(conversation, [row]);
		let unwritten: readonly StoreOp[] = this.write;
		let isStateWritten = false;
		for (const send of this.sends) {
			const write = isStateWritten ? [] : [state(), ...unwritten];
			const sent = await sendOne(host, send, write);
			if (!sent && "words" in send && send.words.type === "callStarted") refused(send.conversation);
			if (!sent) continue;
			isStateWritten = true;
			unwritten = [];
		}
		if (!isStateWritten) unwrapStore(await host.store.write([state(), ...unwritten]));
	}
}

/** What is said about a call wakes the others at once, so that ringing starts and ends on time. A quiet start rings nobody. */
async function sendOne(host: ConversationHost, send: Send, write: readonly StoreOp[]): Promise<boolean> {
	const { conversation } = send;
	if ("text" in send) {
		const sent = await host.send(conversation, { type: "text", text: send.text }, { urgency: "message", write });
		return sent.ok;
	}
	const isQuiet = send.words.type === "callStarted" && send.words.quiet;
	const urgency = isQuiet ? "message" : "call";
	const sent = await host.send(conversation, callContentOf(send.words), { urgency, write });
	return sent.ok;
}
