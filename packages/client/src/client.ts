import { err, ok } from "@sotto/bytes";
import type { AccountKey } from "@sotto/crypto";
import {
	defaultSuite,
	type MlsSuite,
	type PassphraseCost,
	passphraseCost as defaultPassphraseCost,
} from "@sotto/crypto";
import { type ConversationRules, conversationRules, matchesSafetyQr, safetyNumber, safetyQr } from "@sotto/protocol";
import { exportBackup } from "./backup/backup.ts";
import type { Conversation } from "./conversations/conversation.ts";
import { readHistory } from "./conversations/history.ts";
import { cleanName, Engine } from "./engine.ts";
import type { Ports } from "./ports.ts";
import type {
	AccountId,
	CallKey,
	ClientEvent,
	ClientView,
	CommandResult,
	ConversationId,
	DeviceId,
	GroupRole,
	HistoryPage,
	ItemId,
	LedgerEntry,
	MediaReport,
	RequestId,
	RosterInput,
	SafetyNumber,
	SottoClient,
} from "./sdk.ts";
import type { Session } from "./session.ts";
import { accountIdOf } from "./store/keys.ts";

export type ClientOptions = {
	/** The numbers of the rules; only tests change them. */
	readonly rules?: Partial<ConversationRules>;
	/** The suite of the key packages that this device makes; only tests change it. */
	readonly suite?: MlsSuite;
	/** What a backup's passphrase costs; only tests change it. */
	readonly passphraseCost?: PassphraseCost;
};

/**
 * Starts the engine on a profile's store. Resolves once everything that the store holds is loaded; the network follows by
 * itself. The store stays its caller's: `close` ends the engine and leaves the ports open.
 */
export async function createClient(ports: Ports, options: ClientOptions = {}): Promise<SottoClient> {
	const { rules, suite = defaultSuite, passphraseCost = defaultPassphraseCost } = options;
	const engine = new Engine(ports, { ...conversationRules, ...rules }, suite, passphraseCost);
	await engine.load();
	return new Client(engine);
}

/** The commands of {@link SottoClient}, each handed to the part of the engine that does it. */
class Client implements SottoClient {
	readonly #engine: Engine;

	constructor(engine: Engine) {
		this.#engine = engine;
	}

	async view(): Promise<ClientView> {
		return this.#engine.view();
	}

	onEvent(listener: (event: ClientEvent) => void): () => void {
		return this.#engine.onEvent(listener);
	}

	close(): Promise<void> {
		return this.#engine.close();
	}

	// ---- oneself

	createAccount(input: { readonly name: string; readonly home: string }): Promise<CommandResult> {
		return this.#engine.createAccount(input);
	}

	rename(text: string): Promise<CommandResult> {
		const name = cleanName(text);
		if (name === undefined) return Promise.resolve(err({ kind: "badName" }));
		return this.#engine.run(async ({ account }) => {
			if (!account.isPrimary) return err({ kind: "notPrimary" });
			await account.rename(name);
			return ok();
		});
	}

	// ---- contacts

	addContact(link: string, greeting = ""): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#engine.run(({ firstContact }) => firstContact.ask(link, greeting));
	}

	acceptRequest(request: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#engine.run(({ firstContact, welcomes, people }) =>
			people.request(request)?.added === undefined ? firstContact.accept(request) : welcomes.accept(request),
		);
	}

	ignoreRequest(request: RequestId): Promise<CommandResult> {
		return this.#engine.run(({ firstContact }) => firstContact.ignore(request));
	}

	blockRequest(request: RequestId): Promise<CommandResult> {
		return this.#engine.run(({ firstContact }) => firstContact.block(request));
	}

	safetyNumber(id: ConversationId): Promise<CommandResult<SafetyNumber>> {
		return this.#withDirect(id, async ({ account, people }, other) => {
			const groups = safetyNumber(account.keys.key, other);
			const qr = safetyQr(account.keys.key, other);
			return ok({ groups, qr, verified: people.personOfKey(other).verified });
		});
	}

	compareSafetyNumber(id: ConversationId, qr: string): Promise<CommandResult> {
		return this.#withDirect(id, async ({ account, people }, other) => {
			if (!matchesSafetyQr(account.keys.key, other, qr)) return err({ kind: "mismatch" });
			await people.setVerified(people.personOfKey(other).account, true);
			return ok();
		});
	}

	setVerified(id: ConversationId, verified: boolean): Promise<CommandResult> {
		return this.#withDirect(id, async ({ people }, other) => {
			await people.setVerified(people.personOfKey(other).account, verified);
			return ok();
		});
	}

	// ---- messages

	sendMessage(
		id: ConversationId,
		text: string,
		options: { readonly mentions?: readonly AccountId[] } = {},
	): Promise<CommandResult<{ readonly item: ItemId }>> {
		return this.#withConversation(id, async (conversation) => {
			const isMentioned = ({ account }: { readonly account: AccountKey }) =>
				options.mentions?.includes(accountIdOf(account)) === true;
			const mentions = conversation.policy.people.filter(isMentioned).map(({ account }) => account);
			const sent = await conversation.sendText(text, mentions);
			return sent.ok ? ok({ item: sent.value.item }) : sent;
		});
	}

	retryMessage(id: ConversationId, item: ItemId): Promise<CommandResult> {
		return this.#withConversation(id, (conversation) => conversation.retry(item));
	}

	discardMessage(id: ConversationId, item: ItemId): Promise<CommandResult> {
		return this.#withConversation(id, async (conversation) =>
			(await conversation.discard(item)) ? ok() : err({ kind: "notFound" }),
		);
	}

	markRead(id: ConversationId): Promise<CommandResult> {
		return this.#withConversation(id, async (conversation) => {
			await conversation.markRead();
			return ok();
		});
	}

	async history(
		id: ConversationId,
		options: { readonly before?: string; readonly limit?: number } = {},
	): Promise<HistoryPage> {
		if (this.#engine.session?.directory.get(id) === undefined) return { items: [], older: undefined };
		return readHistory(this.#engine.context.store, id, this.#engine.people, options);
	}

	sync(): Promise<CommandResult> {
		return this.#engine.run(async (session) => {
			const read = await session.sync();
			// What this sync set going belongs to it: a command line that ends after it leaves nothing half done.
			await this.#engine.workDone();
			return read;
		});
	}

	// ---- groups

	createGroup(input: {
		readonly name: string;
		readonly people: readonly AccountId[];
		readonly picture?: Uint8Array<ArrayBuffer>;
	}): Promise<CommandResult<{ readonly conversation: ConversationId }>> {
		return this.#engine.run(({ groups }) => groups.create(input));
	}

	addPeople(id: ConversationId, people: readonly AccountId[]): Promise<CommandResult> {
		return this.#engine.run(({ groups }) => groups.add(id, people));
	}

	removePerson(id: ConversationId, person: AccountId): Promise<CommandResult> {
		return this.#engine.run(({ groups }) => groups.remove(id, person));
	}

	leaveGroup(id: ConversationId): Promise<CommandResult> {
		return this.#engine.run(({ groups }) => groups.leave(id));
	}

	renameGroup(id: ConversationId, name: string): Promise<CommandResult> {
		return this.#engine.run(({ groups }) => groups.rename(id, name));
	}

	setGroupPicture(id: ConversationId, picture: Uint8Array<ArrayBuffer> | undefined): Promise<CommandResult> {
		return this.#engine.run(({ groups }) => groups.setPicture(id, picture));
	}

	setRole(id: ConversationId, person: AccountId, role: GroupRole): Promise<CommandResult> {
		return this.#engine.run(({ groups }) => groups.setRole(id, person, role));
	}

	picture(id: ConversationId): Promise<CommandResult<{ readonly bytes: Uint8Array<ArrayBuffer> }>> {
		return this.#engine.run(async ({ groups }) => groups.picture(id));
	}

	deleteConversation(id: ConversationId): Promise<CommandResult> {
		return this.#engine.run(({ directory }) => directory.delete(id));
	}

	// ---- devices

	startLinking(input: { readonly home: string; readonly deviceName: string }): Promise<CommandResult> {
		return this.#engine.startLinking(input);
	}

	linkDevice(code: string): Promise<CommandResult> {
		return this.#engine.run(({ devices }) => devices.linking.link(code));
	}

	confirmLinking(same: boolean, options: { readonly primary?: boolean } = {}): Promise<CommandResult> {
		return this.#engine.confirmLinking(same, options.primary === true);
	}

	cancelLinking(): Promise<CommandResult> {
		return this.#engine.cancelLinking();
	}

	renameDevice(device: DeviceId, text: string): Promise<CommandResult> {
		const name = cleanName(text);
		if (name === undefined) return Promise.resolve(err({ kind: "badName" }));
		return this.#engine.run(({ devices }) => devices.rename(device, name));
	}

	removeDevice(device: DeviceId): Promise<CommandResult> {
		return this.#engine.run(({ devices }) => devices.removal.remove(device));
	}

	dismissJob(job: string): Promise<CommandResult> {
		return this.#engine.run(({ devices }) => devices.dismissJob(job));
	}

	changeSetting(key: string, value: string): Promise<CommandResult> {
		return this.#engine.run(({ devices }) => devices.changeSetting(key, value));
	}

	startSuccessor(id: ConversationId): Promise<CommandResult> {
		return this.#engine.run(({ succession }) => succession.begin(id));
	}

	askReadmission(id: ConversationId): Promise<CommandResult> {
		return this.#engine.run(async ({ directory, readmission }) => {
			const conversation = directory.get(id);
			return conversation === undefined ? err({ kind: "notFound" }) : readmission.request(conversation);
		});
	}

	// ---- backup

	exportBackup(passphrase: string): Promise<CommandResult<{ readonly file: Uint8Array<ArrayBuffer> }>> {
		return this.#engine.run(({ account }) => exportBackup(this.#engine.context, account, passphrase));
	}

	restoreBackup(input: Parameters<SottoClient["restoreBackup"]>[0]): Promise<CommandResult> {
		return this.#engine.restoreBackup(input);
	}

	// ---- calls

	startCall(id: ConversationId, options: { readonly video: boolean; readonly ring?: boolean }) {
		return this.#engine.run(({ calls }) => calls.startCall(id, options));
	}

	joinCall(id: ConversationId, options: { readonly video: boolean }) {
		return this.#engine.run(({ calls }) => calls.joinCall(id, options));
	}

	answerCall(call: CallKey) {
		return this.#engine.run(({ calls }) => calls.answerCall(call));
	}

	declineCall(call: CallKey, message?: string) {
		return this.#engine.run(({ calls }) => calls.declineCall(call, message));
	}

	hangUp(call: CallKey) {
		return this.#engine.run(({ calls }) => calls.hangUp(call));
	}

	callMedia(call: CallKey) {
		return this.#engine.run(({ calls }) => calls.callMedia(call));
	}

	reportMedia(call: CallKey, report: MediaReport) {
		return this.#engine.run(({ calls }) => calls.reportMedia(call, report));
	}

	sealRoster(call: CallKey, entry: RosterInput) {
		return this.#engine.run(({ calls }) => calls.sealRoster(call, entry));
	}

	openRoster(call: CallKey, sealed: Uint8Array<ArrayBuffer>) {
		return this.#engine.run(({ calls }) => calls.openRoster(call, sealed));
	}

	// ---- what the server sees

	async ledger(limit: number): Promise<readonly LedgerEntry[]> {
		return this.#engine.context.ledger.newest(limit);
	}

	async ledgerOf(item: ItemId): Promise<readonly LedgerEntry[]> {
		return this.#engine.context.ledger.of(item);
	}

	#withConversation<T>(
		id: ConversationId,
		work: (conversation: Conversation) => Promise<CommandResult<T>>,
	): Promise<CommandResult<T>> {
		return this.#engine.run(async ({ directory }) => {
			const conversation = directory.get(id);
			return conversation === undefined ? err({ kind: "notFound" }) : work(conversation);
		});
	}

	#withDirect<T>(
		id: ConversationId,
		work: (session: Session, other: Parameters<typeof safetyNumber>[1]) => Promise<CommandResult<T>>,
	): Promise<CommandResult<T>> {
		return this.#engine.run(async (session) => {
			const meta = session.directory.get(id)?.held.meta;
			const [other] = meta?.kind === "direct" ? meta.people : [];
			return other === undefined ? err({ kind: "notFound" }) : work(session, other);
		});
	}
}
