import type { ClientEvent, ClientView, ConversationView, HistoryItem, ReadyView } from "@sotto/client";
import type { Who } from "./device.ts";
import type { OffenceKind } from "./plan.ts";

/** A message that somebody wanted to send. */
export type Said = {
	/** Counts in the order in which everything was said. */
	readonly number: number;
	readonly text: string;
	readonly device: string;
	readonly person: string;
	/** Further devices that were in the conversation when it was said, and such as were out of it for good. */
	readonly present: readonly string[];
	readonly out: readonly string[];
	/** What its author's device had shown there as sent by then. */
	readonly knew: readonly string[];
	/** The conversation as everybody would name it: {@link Chronicle.threadOf}. */
	readonly thread: string;
	/** "unknown": the process died before it could say. */
	outcome: "unknown" | "acknowledged" | "refused" | "withdrawn";
	/** Its author's screen has said "sent". */
	wasShownSent: boolean;
};

/** What a group's thread begins with; its id is the same on all devices. */
export const groupPrefix = "group ";

export type Founding = { readonly by: string; readonly people: readonly string[] };

/** What an evil member did. */
export type Offended = {
	readonly thread: string;
	readonly by: string;
	readonly how: OffenceKind;
	/** It signed it, and it stands where everybody can see so. */
	mustBeNamed: boolean;
};

const marker = /^«(\d+)»/;

/** What was done and what screens have shown: the truth that the properties are held against. */
export class Chronicle {
	readonly #said: Said[] = [];
	readonly #fault: (what: string) => void;
	/** Names by account. */
	readonly #accounts = new Map<string, string>();
	/** Who asked whom, and was told that it is done. */
	readonly contacts = new Set<string>();
	/** By first name: groups that somebody wanted to found. */
	readonly #foundings = new Map<string, Founding>();
	/** By thread of a group: who founded it, and with whom. */
	readonly founded = new Map<string, Founding>();
	/** Devices that were removed, as the screen that removed them says. */
	readonly out = new Set<string>();
	/** Where somebody has marked something as read, by person and conversation. */
	readonly marked = new Set<string>();
	/** Others' messages that a device was told of as new, by device and number. */
	readonly arrived = new Map<string, number>();
	/** By device: what it has shown as sent. */
	readonly #shown = new Map<string, Set<Said>>();
	readonly #offences: Offended[] = [];
	/** Texts that came with another history than the true one (C8). */
	readonly lies = new Set<string>();

	constructor(fault: (what: string) => void) {
		this.#fault = fault;
	}

	get said(): readonly Said[] {
		return this.#said;
	}

	get offences(): readonly Offended[] {
		return this.#offences;
	}

	offend(offence: Offended): void {
		this.#offences.push(offence);
	}

	/** Whether this one has broken the rules there: nothing is promised to it. */
	isOffender(thread: string, person: string): boolean {
		return this.#offences.some((one) => one.thread === thread && one.by === person);
	}

	/** Notes a group before it is founded; the name that it begins with finds it again. */
	found(founding: Founding): string {
		const name = `group ${this.#foundings.size} of ${founding.by}`;
		this.#foundings.set(name, founding);
		return name;
	}

	/** Notes a message before it is sent; its text begins with a mark that finds it again. */
	say(by: Who, thread: string, filler: string, present: readonly string[] = []): Said {
		const number = this.#said.length;
		const shown = [...(this.#shown.get(by.name) ?? [])];
		const said: Said = {
			number,
			text: `«${number}» ${filler}`,
			device: by.name,
			person: by.person,
			present,
			out: [...this.out],
			knew: shown.flatMap((one) => (one.thread === thread ? [one.text] : [])),
			thread,
			outcome: "unknown",
			wasShownSent: false,
		};
		this.#said.push(said);
		return said;
	}

	/** The message that a text is; undefined for one that nobody said. */
	find(text: string): Said | undefined {
		const number = marker.exec(text)?.[1];
		const said = number === undefined ? undefined : this.#said[Number(number)];
		return said?.text === text ? said : undefined;
	}

	heard(device: Who, event: ClientEvent): void {
		if (event.kind === "view") this.sawView(device, event.view);
		if (event.kind === "history") for (const item of event.items) this.#saw(device, item);
		if (event.kind === "arrived" && event.item.kind === "message") {
			const key = `${device.name} ${event.item.text}`;
			const times = (this.arrived.get(key) ?? 0) + 1;
			this.arrived.set(key, times);
			if (times > 1) this.#fault(`${device.name} was told twice that ${event.item.text} is new`);
		}
	}

	/** Whose account this is. */
	nameOf(account: string): string | undefined {
		return this.#accounts.get(account);
	}

	/** The same name for a conversation whoever shows it. */
	threadOf(device: Who, conversation: Pick<ConversationView, "people" | "kind" | "id">): string {
		if (conversation.kind === "group") return groupPrefix + conversation.id;
		const others = conversation.people.map(({ account }) => this.#accounts.get(account) ?? "?");
		return threadOf([device.person, ...others]);
	}

	sawView(device: Who, view: ClientView): void {
		if (view.phase === "ready") this.#sawGroups(device, view);
		if (view.phase === "broken" && view.reason !== "storageFull")
			this.#fault(`${device.name} is broken: ${view.reason}`);
	}

	#sawGroups(device: Who, view: ReadyView): void {
		this.#accounts.set(view.me.account, device.person);
		for (const job of view.jobs) if (job.kind === "removeDevice" && job.state === "done") this.out.add(job.deviceName);
		for (const conversation of view.conversations) {
			const founding = this.#foundings.get(conversation.title);
			const thread = this.threadOf(device, conversation);
			if (conversation.kind === "group" && founding?.by === device.person) this.founded.set(thread, founding);
		}
	}

	#saw(device: Who, item: HistoryItem): void {
		if (item.kind !== "message") return;
		const said = this.find(item.text);
		if (said === undefined) return this.#fault(`${device.name} shows a message that nobody said: ${item.text}`);
		if (item.state === "sent") this.#shown.set(device.name, (this.#shown.get(device.name) ?? new Set()).add(said));
		if (item.mine && item.state === "sent" && said.device === device.name) said.wasShownSent = true;
	}
}

export function threadOf(names: readonly string[]): string {
	return names.toSorted().join(" and ");
}
