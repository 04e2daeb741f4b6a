import type { CallView, ClientEvent, ClientView, HistoryItem, ReadyView, RequestView } from "@sotto/client";
import { type Command, type Given, jsonOption, numberOption, profileOption, Refused } from "../command.ts";
import { itemJson, itemText, requestJson, requestText } from "../item-lines.ts";
import { offerClient } from "../profile/local-socket.ts";
import { type OpenProfile, readyView, withProfile } from "../profile/open-profile.ts";
import { troubleSentence } from "../sentences.ts";
import { lastItems } from "./conversations.ts";

export const listen: Command = {
	name: "listen",
	words: [],
	summary: "stays connected and prints what arrives",
	details: [
		"Starts with messages that no command has shown yet, and marks what it prints as read. Ends with Ctrl-C, or after --for.",
		'Lines with --json have a "type": "listening", "message", "request", "call", "event", "network", "trouble".',
		"Other commands of the same profile work meanwhile: they speak through this one.",
	],
	options: {
		for: { value: "SECONDS", help: "stop after this time" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: ["sotto listen", "sotto listen --for 60 --json"],
	run: async (given) => {
		const seconds = numberOption(given, "for", 1, 100_000_000);
		await withProfile(given, async (profile) => {
			if (profile.how === "met") throw new Refused(`sotto listen, or a call, runs on ${profile.folder} already.`);
			const view = await readyView(profile);
			const ended = new Promise<void>((resolve) => {
				for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
				if (seconds !== undefined) setTimeout(resolve, seconds * 1000).unref();
			});
			const stopOffering = await offerClient(profile.folder, profile.client);
			const telling = new Telling(given, profile, view.me.name);
			const stopEvents = profile.client.onEvent((event) => telling.tell(event));
			given.output.result({ type: "listening", name: view.me.name }, `Listening as ${view.me.name}. Ctrl-C ends.`);
			await telling.catchUp();
			// Until its end this holds the process; timers and sockets of the engine do the work.
			const alive = setInterval(() => undefined, 60_000);
			await ended;
			clearInterval(alive);
			stopEvents();
			stopOffering();
			await telling.finished();
		});
	},
};

/** Prints each thing once, in the order it came, also if it is unread at the start and arrives as an event besides. */
class Telling {
	readonly #given: Given;
	readonly #profile: OpenProfile;
	readonly #me: string;
	readonly #shown = new Set<string>();
	#queue: Promise<void> = Promise.resolve();
	#network: string | undefined;
	#troubles: ReadonlySet<string> = new Set();
	#call: string | undefined;

	constructor(given: Given, profile: OpenProfile, me: string) {
		this.#given = given;
		this.#profile = profile;
		this.#me = me;
	}

	/** What came in with earlier commands and was never shown, and who still waits for an answer. */
	catchUp(): Promise<void> {
		return this.#next(async () => {
			const view = await readyView(this.#profile);
			this.#tellView(view);
			for (const request of view.requests.toReversed()) this.#tellRequest(request);
			for (const { id, title, unread } of view.conversations) {
				if (unread === 0) continue;
				const items = await lastItems(this.#profile, id, Math.min(unread * 2 + 20, 2_000));
				const foreign = items.filter((item) => item.kind !== "message" || !item.mine);
				for (const item of foreign.slice(-unread)) this.#tellItem(id, title, item);
				await this.#profile.client.markRead(id);
			}
		});
	}

	tell(event: ClientEvent): void {
		switch (event.kind) {
			case "arrived":
				void this.#next(async () => {
					this.#tellItem(event.conversation, event.title, event.item);
					await this.#profile.client.markRead(event.conversation);
				});
				return;
			case "requested":
				void this.#next(async () => this.#tellRequest(event.request));
				return;
			case "view":
				void this.#next(async () => this.#tellView(event.view));
				return;
			case "history": {
				// What happened to a group is no message that waits to be read: it stands in the history alone.
				const happened = event.items.filter((item) => item.kind === "event");
				if (happened.length > 0)
					void this.#next(async () => {
						const title = await this.#titleOf(event.conversation);
						for (const item of happened) this.#tellItem(event.conversation, title, item);
					});
				return;
			}
			case "historyCame":
			case "ledger":
			case "callMedia":
			case "progress":
				return;
		}
	}

	finished(): Promise<void> {
		return this.#queue;
	}

	#next(work: () => Promise<void>): Promise<void> {
		const done = this.#queue.then(work);
		this.#queue = done.catch(() => undefined);
		return done;
	}

	#tellItem(conversation: string, title: string, item: HistoryItem): void {
		if (!this.#isNew(`${conversation}/${item.id}`)) return;
		this.#given.output.result(itemJson({ conversation, title, me: this.#me }, item), `[${title}] ${itemText(item)}`);
	}

	async #titleOf(conversation: string): Promise<string> {
		const view = await readyView(this.#profile);
		return view.conversations.find(({ id }) => id === conversation)?.title ?? conversation;
	}

	#tellRequest(request: RequestView): void {
		const { id, greeting } = request;
		if (!this.#isNew(`request/${id}`)) return;
		this.#given.output.result(
			{ type: "request", ...requestJson(request) },
			`${requestText(request)}${greeting === "" ? "" : `: ${greeting}`}. sotto accept ${id}`,
		);
	}

	#tellView(view: ClientView): void {
		if (view.phase !== "ready") return;
		this.#tellNetwork(view.network);
		this.#tellTroubles(view.troubles);
		if (view.call !== undefined) this.#tellCall(view.call);
	}

	/** Each trouble once, until it is over. */
	#tellTroubles(troubles: ReadyView["troubles"]): void {
		for (const trouble of troubles) {
			if (this.#troubles.has(trouble.kind)) continue;
			const byMs = trouble.kind === "clockOff" ? { byMs: trouble.byMs } : {};
			const json = { type: "trouble", trouble: trouble.kind, ...byMs };
			this.#given.output.result(json, troubleSentence(trouble));
		}
		this.#troubles = new Set(troubles.map(({ kind }) => kind));
	}

	#tellNetwork({ phase }: ReadyView["network"]): void {
		if (phase === this.#network) return;
		// The first connecting of a start is no news.
		if (this.#network !== undefined || phase !== "connecting") {
			const text = { online: "Connected.", offline: "No network; trying on.", connecting: undefined }[phase];
			this.#given.output.result({ type: "network", state: phase }, text);
		}
		this.#network = phase;
	}

	#tellCall({ call, conversation, title, direction, video, phase }: CallView): void {
		const key = `${call}/${phase.name}`;
		if (key === this.#call) return;
		this.#call = key;
		const reason = phase.name === "ended" ? phase.reason : undefined;
		this.#given.output.result(
			{ type: "call", call, conversation, title, direction, video, phase: phase.name, reason },
			`[${title}] ${direction} ${video ? "video call" : "call"}: ${reason ?? phase.name}`,
		);
	}

	/** Remembers what was shown; forgets the oldest, so that a year of listening stays small. */
	#isNew(key: string): boolean {
		if (this.#shown.has(key)) return false;
		this.#shown.add(key);
		if (this.#shown.size > 10_000) for (const oldest of [...this.#shown].slice(0, 5_000)) this.#shown.delete(oldest);
		return true;
	}
}
