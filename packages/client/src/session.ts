import type { Urgency } from "@sotto/api";
import { type Bytes, err, ok, shortId, utf8ToText } from "@sotto/bytes";
import { wakeIdOf } from "./account/create.ts";
import type { AccountKeeper } from "./account/keeper.ts";
import { createCalls } from "./calls/calls.ts";
import { FirstContact } from "./contacts/first-contact.ts";
import { Inviter } from "./contacts/inviter.ts";
import { Mailbox } from "./contacts/mailbox.ts";
import type { People } from "./contacts/people.ts";
import { Welcomes } from "./contacts/welcomes.ts";
import { welcomeJoiners } from "./contacts/write-welcome.ts";
import type { EngineContext } from "./context.ts";
import type { CallEngine } from "./conversation-host.ts";
import { Directory } from "./conversations/directory.ts";
import type { Draft } from "./conversations/draft.ts";
import { mayAskByItself } from "./conversations/meta.ts";
import { Ringer } from "./conversations/rings.ts";
import { Devices } from "./devices/devices.ts";
import { Groups } from "./groups/groups.ts";
import { Succession } from "./groups/succession.ts";
import { createHost, titleOf } from "./host.ts";
import type { CommandResult, ConversationId, NetworkView, ReadyView, RequestId } from "./sdk.ts";
import { Readmitter } from "./readmission/answering.ts";
import { isAskable, Readmission } from "./readmission/readmission.ts";
import { Line } from "./services/line.ts";
import { commandErrorOf } from "./services/services.ts";
import { ownConversationId } from "./store/keys.ts";
import type { StoreTransaction } from "./store/transaction.ts";
import { InStep } from "./sync/in-step.ts";
import { type Answered, registerOf, type Share, yes } from "./sync/registers.ts";
import { Shared } from "./sync/shared.ts";
import { itemView, readyView } from "./view.ts";

/** What time brings is looked at this often. */
const maintainEveryMs = 3600_000;
const pollAttachedMs = 600_000;
const pollDetachedMs = 30_000;
/** A device that has just been linked is being added to one conversation after the other, and nobody can ring it yet. */
const pollNewMs = 1500;
const newForMs = 180_000;

/** An account at work: its conversations, its mailbox, its line, its calls. */
export class Session {
	readonly account: AccountKeeper;
	readonly people: People;
	readonly directory: Directory;
	readonly firstContact: FirstContact;
	readonly welcomes: Welcomes;
	readonly groups: Groups;
	readonly succession: Succession;
	readonly calls: CallEngine;
	readonly shared: Shared;
	readonly devices: Devices;
	readonly #engine: EngineContext;
	readonly #mailbox: Mailbox;
	readonly #inviter: Inviter;
	readonly readmission: Readmission;
	readonly #ringer: Ringer;
	readonly #line: Line;
	#stopConnectivity: () => void = () => undefined;
	#cancelMaintenance: () => void = () => undefined;
	#cancelPoll: () => void = () => undefined;
	#syncing: Promise<CommandResult> | undefined;
	#syncAgain = false;
	#saidOffline = false;
	#closed = false;
	/** Until when letters are looked for often. */
	#isNewUntil = 0;

	constructor(engine: EngineContext, account: AccountKeeper, people: People) {
		this.#engine = engine;
		this.account = account;
		this.people = people;
		this.#ringer = new Ringer(engine);
		this.#inviter = new Inviter(engine, this.#ringer);
		this.calls = createCalls(createHost(engine, () => this.directory, people));
		this.directory = new Directory(engine.store, {
			engine,
			account,
			ringer: this.#ringer,
			observer: this.calls.observer,
			welcome: async (draft, owed, call) => {
				await welcomeJoiners({ engine, account, inviter: this.#inviter }, draft, owed, call);
				if (draft.id !== ownConversationId) return;
				this.shared.putAll(draft.tx);
				draft.after.push(() => this.shared.tell());
			},
			share: (tx, key, value) => this.shared.put(tx, key, value),
			shareDeleted: (tx, id, tells) => this.#shareDeleted(tx, id, tells),
			takeShared: (draft, entries) => draft.after.push(this.shared.take(draft.tx, entries)),
			titleOf: (id) => titleOf(this.directory.get(id), people),
			committed: (draft) => this.#committed(draft),
		});
		const { directory, calls } = this;
		const share: Share = (tx, key, value) => this.shared.put(tx, key, value);
		const parts = {
			engine,
			account,
			people,
			directory,
			inviter: this.#inviter,
			calls,
			share,
			answered: (request: RequestId) => this.#answered(request),
		};
		this.firstContact = new FirstContact(parts);
		this.welcomes = new Welcomes(parts);
		this.groups = new Groups(parts);
		this.succession = new Succession(parts);
		this.readmission = new Readmission(parts);
		this.#mailbox = new Mailbox(engine, account, {
			firstContact: this.firstContact,
			welcomes: this.welcomes,
			readmitter: new Readmitter(parts),
			arrived: () => this.#ringOwnDevices(),
		});
		const ownDevices = () => directory.get(ownConversationId);
		this.shared = new Shared({
			engine,
			device: () => account.keys.device.publicKey,
			apply: (entry) => this.devices.apply(entry),
			hasOthers: () => (ownDevices()?.members().length ?? 0) > 1,
			send: async (content, write) =>
				(await ownDevices()?.send(content, "message", write)) ?? err({ kind: "notReady" }),
		});
		const isOnline = () => this.#network().phase === "online";
		const { firstContact, welcomes, shared } = this;
		const isDeleted = (id: ConversationId) => shared.get(registerOf.deleted(id)) !== undefined;
		const inStep = new InStep({ people, directory, firstContact, welcomes, isDeleted });
		this.devices = new Devices({
			engine,
			account,
			directory,
			shared,
			isOnline,
			exclusive: (work) => firstContact.exclusive(() => welcomes.exclusive(work)),
			reload: async () => {
				await people.load();
				const known = directory.all();
				await directory.load();
				for (const conversation of known) await conversation.historyCame();
				await calls.loadRecords();
			},
			inStep: (entry) => inStep.apply(entry),
		});
		this.#line = this.#createLine();
	}

	/** Loads what the store holds, then lets the network in. */
	async start(): Promise<void> {
		const { connectivity, background } = this.#engine;
		await this.directory.load();
		await this.calls.load();
		await this.#inviter.resume();
		await this.#ringer.resume();
		await this.shared.load();
		const { shared } = this;
		await this.people.shareBy(
			(tx, key, value) => shared.put(tx, key, value),
			(register) => shared.get(register) !== undefined,
		);
		this.#stopConnectivity = connectivity.onChange((change) => {
			if (change !== "resumed") this.#saidOffline = change === "offline";
			if (change !== "offline") this.#networkChanged();
		});
		for (const conversation of this.directory.all()) conversation.kick();
		this.account.publish();
		this.#line.start();
		await this.devices.start();
		background(this.readmission.ask());
		background(this.#maintain());
		this.#pollLater();
	}

	/** This device has just been linked: it looks often for what the others add it to (D2). */
	awaitLetters(): void {
		const { clock, background } = this.#engine;
		this.#isNewUntil = clock.now() + newForMs;
		const look = () => {
			if (this.#closed || clock.now() > this.#isNewUntil) return;
			background(this.#mailbox.read().then(() => this.welcomes.settle()));
			clock.wakeAt(clock.now() + pollNewMs, look);
		};
		look();
	}

	view(): ReadyView {
		return readyView({
			account: this.account,
			people: this.people,
			conversations: this.directory.all(),
			requests: this.people.requestViews(),
			calls: this.calls,
			devices: this.devices,
			network: this.#network(),
			troubles: [
				...(this.devices.isRemoved ? [{ kind: "deviceRemoved" as const }] : []),
				...this.#engine.services.troubles.view(),
			],
		});
	}

	/** Reads everything new; several callers share one look, and whoever comes during it gets another. */
	sync(): Promise<CommandResult> {
		if (this.#syncing !== undefined) this.#syncAgain = true;
		this.#syncing ??= this.#syncAll().finally(() => {
			this.#syncing = undefined;
		});
		return this.#syncing;
	}

	close(): void {
		this.#closed = true;
		this.#cancelMaintenance();
		this.#cancelPoll();
		this.#stopConnectivity();
		this.#line.stop();
		this.devices.close();
		this.calls.close();
		this.#inviter.close();
		this.readmission.close();
		this.#ringer.close();
		this.account.stop();
		for (const conversation of this.directory.all()) conversation.close();
	}

	async #syncAll(): Promise<CommandResult> {
		for (;;) {
			this.#syncAgain = false;
			const mailbox = await this.#mailbox.read();
			const conversations = await Promise.all(this.directory.all().map((conversation) => conversation.readToTip()));
			await this.firstContact.settleCrossings();
			await this.welcomes.settle();
			await this.succession.settle();
			await this.people.refresh();
			await this.shared.applied();
			this.devices.look();
			await this.readmission.ask();
			if (this.#syncAgain && !this.#closed) continue;
			if (!mailbox.ok) return err(commandErrorOf(mailbox.error));
			return conversations.find((read) => !read.ok) ?? ok();
		}
	}

	#createLine(): Line {
		const { transport, clock, random, connectivity, services, ledger } = this.#engine;
		const { wakeCap } = this.account.record;
		const note = (action: "attach" | "rung", urgency?: Urgency) =>
			ledger.note([
				{
					at: clock.now(),
					cause: { kind: "presence", title: undefined },
					role: "notifier",
					action,
					saw: [
						{ field: "wakeId", value: shortId(wakeIdOf(wakeCap)) },
						...(urgency === undefined ? [] : [{ field: "urgency" as const, value: urgency }]),
					],
					item: undefined,
				},
			]);
		return new Line({
			transport,
			clock,
			random,
			connectivity,
			wakeCap,
			baseUrl: services.baseUrl,
			attached: () => {
				note("attach");
				this.#onAttached();
			},
			lost: () => {
				for (const conversation of this.directory.all()) conversation.lineLost();
			},
			rung: (hint, urgency) => {
				note("rung", urgency);
				this.#engine.background(this.#onRing(hint));
			},
			changed: () => this.#engine.changed(),
		});
	}

	#onAttached(): void {
		this.#networkChanged();
		this.#engine.background(this.sync());
		this.#engine.background(this.#renewAddresses());
	}

	/** A notifier with another key cannot open the addresses given out: everybody gets new ones (R1). */
	async #renewAddresses(): Promise<void> {
		if (!(await this.account.refreshNotifierKey())) return;
		for (const conversation of this.directory.all()) this.#engine.background(conversation.renewRingAddress());
	}

	/** R3: a hint that opens names the log to read; without one, everything is read. */
	async #onRing(hint: Bytes): Promise<void> {
		for (const conversation of this.directory.all())
			if (await conversation.opensHint(hint)) return conversation.kick({ read: true });
		await this.sync();
	}

	#shareDeleted(tx: StoreTransaction, id: ConversationId, tells: boolean): () => void {
		const hasOthers = this.account.keys.list.devices.length > 1;
		const done = [
			this.shared.drop(tx, registerOf.read(id)),
			...(tells && hasOthers ? [this.shared.put(tx, registerOf.deleted(id), yes)] : []),
		];
		return () => {
			for (const then of done) then();
		};
	}

	/** What another device of the account has answered to a request. */
	#answered(request: RequestId): Answered | undefined {
		const said = this.shared.get(registerOf.request(request));
		const text = said === undefined ? undefined : utf8ToText(said);
		return text?.ok === true && (text.value === "accepted" || text.value === "ignored") ? text.value : undefined;
	}

	/** The profile names one device to ring; that one wakes the others, which read the same mailbox (R3, R4). */
	#ringOwnDevices(): void {
		const own = this.directory.get(ownConversationId)?.held;
		const { random, background } = this.#engine;
		for (const [leaf, address] of own?.ringAddresses ?? [])
			if (leaf !== own?.state.leaf)
				background(this.#ringer.ring(address, random(64), "message", { cause: { kind: "sync", title: undefined } }));
	}

	#networkChanged(): void {
		for (const conversation of this.directory.all()) conversation.networkChanged();
		this.devices.leaves.networkChanged();
		this.#inviter.networkChanged();
		this.readmission.networkChanged();
		this.account.publish();
	}

	async #maintain(): Promise<void> {
		if (this.#closed) return;
		const { clock, background } = this.#engine;
		this.#cancelMaintenance = clock.wakeAt(clock.now() + maintainEveryMs, () => background(this.#maintain()));
		await this.account.maintain();
		for (const conversation of this.directory.all()) background(conversation.maintain());
	}

	/** Looks by itself: often while no line stands, seldom while one does, because a ring may get lost (R3). */
	#pollLater(): void {
		const { clock, background } = this.#engine;
		const wait = this.#line.state.phase === "attached" ? pollAttachedMs : pollDetachedMs;
		this.#cancelPoll = clock.wakeAt(clock.now() + wait, () => {
			if (this.#closed) return;
			background(this.sync());
			this.#pollLater();
		});
	}

	#network(): NetworkView {
		const { state } = this.#line;
		switch (state.phase) {
			case "attached":
				return { phase: "online" };
			case "stopped":
				return { phase: "connecting" };
			case "connecting":
			case "waiting":
				// The system's word alone does not count, because a line may stand all the same; for one that is down it does.
				if (state.failures === 0 && !this.#saidOffline) return { phase: "connecting" };
				return { phase: "offline", since: state.since };
		}
	}

	#committed(draft: Draft): void {
		const { emit, changed, background } = this.#engine;
		const { id } = draft;
		const items = [...draft.changed.values()].map((row) => itemView(row, id, this.people));
		const removed = [...draft.removed];
		if (items.length + removed.length > 0) emit({ kind: "history", conversation: id, items, removed });
		const title = titleOf(this.directory.get(id), this.people);
		for (const row of draft.arrived)
			emit({ kind: "arrived", conversation: id, title, item: itemView(row, id, this.people) });
		// K5: whoever is out of a conversation is out of its call at once, before anybody shuts the room.
		if (draft.state.stop?.kind === "removed") background(this.calls.left(id));
		if (draft.hasStopped) this.#askToBeLetIn(id);
		this.devices.look(id);
		// Who has just come into it has things to tell that waited (D3).
		if (id === ownConversationId) this.shared.tell();
		changed();
	}

	/** C3, D3: who cannot follow, or was put out, asks by itself. Two copies of one profile would do so for ever: C7. */
	#askToBeLetIn(id: ConversationId): void {
		const conversation = this.directory.get(id);
		if (conversation === undefined || !isAskable(conversation.held.state.stop)) return;
		if (!mayAskByItself(conversation.held)) return;
		this.#engine.background(this.readmission.requestOnce(conversation));
	}
}
