import { appendRoute, createLogRoute, parseResponse, type Route, readRoute, type Tip, encodeRequest } from "@sotto/api";
import { type Bytes, invariant, type Secret } from "@sotto/bytes";
import {
	createKeyPackage,
	exportSecret,
	generateLeafSignatureKey,
	type GroupState,
	type MlsRules,
	type MlsSuite,
	newMessageId,
	openMessage,
	openRecord,
	recordHash,
	sealApplication,
	sealCommit,
	sealRecord,
	signingKeyFromSeed,
} from "@sotto/crypto";
import {
	type ContentItem,
	type ConversationState,
	decodeConversationState,
	encodeContent,
	encodeStatedPosition,
	judgeCommit,
	makeCredential,
	openCredential,
	parseDeviceList,
	positionToState,
	secretsOf,
	type StatedPosition,
} from "@sotto/protocol";
import { libraryState } from "../../packages/crypto/src/mls/attacker.test-kit.ts";
import { decodeAccount } from "../../packages/client/src/account/record.ts";
import { loadGroup } from "../../packages/client/src/store/group-rows.ts";
import { keys } from "../../packages/client/src/store/keys.ts";
import type { MemoryStore } from "../memory-store.ts";

export const rules: MlsRules = {
	validateCredential: async (credential, key) => (await openCredential(credential, key)).ok,
	judgeCommit,
};

/** What a puppet reaches of its world: the home's door, and the time. */
export type Door = {
	readonly now: () => number;
	readonly post: (path: string, body: Bytes) => Promise<{ readonly status: number; readonly body: Bytes }>;
};

/** The home did not do what a puppet asked. */
export class Refused extends Error {}

/**
 * A member without a conscience: it has a device's real keys, out of its store, and seals what no client of ours would. If the
 * device's own client runs meanwhile, it stops at the first record of its leaf that counts and is not its own (C7).
 */
export class Puppet {
	readonly #door: Door;
	readonly store: MemoryStore;
	group: GroupState;
	state: ConversationState;

	private constructor(door: Door, store: MemoryStore, group: GroupState, state: ConversationState) {
		this.#door = door;
		this.store = store;
		this.group = group;
		this.state = state;
	}

	static async of(door: Door, store: MemoryStore, conversation: string): Promise<Puppet> {
		const line = store.rows.get(keys.line(conversation));
		const state = line === undefined ? undefined : decodeConversationState(line);
		const group = await loadGroup(store, conversation);
		invariant(state?.ok === true && group !== undefined, "the store holds a conversation");
		return new Puppet(door, store, group, state.value);
	}

	get now(): number {
		return this.#door.now();
	}

	get suite(): MlsSuite {
		return libraryState(this.group).groupContext.cipherSuite as MlsSuite;
	}

	/** Seals text as this member; `stated` overrides the position that it claims to have seen (C8). */
	async sealText(text: string, stated: StatedPosition = positionToState(this.state)): Promise<Bytes> {
		const item: ContentItem = { messageId: newMessageId(), sentAt: this.now, content: { type: "text", text } };
		return this.sealItems([item], stated);
	}

	async sealItems(items: readonly ContentItem[], stated = positionToState(this.state)): Promise<Bytes> {
		const sealed = await sealApplication(this.group, encodeContent(items), encodeStatedPosition(stated));
		invariant(sealed.ok, "it fits");
		return this.sealMls(sealed.value.mlsBytes);
	}

	/** Seals any MLS bytes as a record of the log in force. */
	async sealMls(mlsBytes: Uint8Array): Promise<Bytes> {
		const record = await sealRecord(secretsOf(this.state.log).sealKey, mlsBytes);
		invariant(record.ok, "it fits");
		return record.value;
	}

	/** A key package of the same account, as its second device would bring it. */
	async secondDevice() {
		const row = this.store.rows.get(keys.account);
		const account = row === undefined ? undefined : decodeAccount(row);
		invariant(account?.ok, "the store holds an account");
		const list = await parseDeviceList(account.value.deviceList);
		invariant(list.ok, "its list is signed");
		const [device, leaf] = [await signingKeyFromSeed(account.value.deviceSeed), await generateLeafSignatureKey()];
		const credential = await makeCredential(list.value, 0, device, leaf.publicKey);
		return createKeyPackage({
			suite: this.suite,
			credential,
			signatureKey: leaf,
			now: this.now,
			lifetimeMs: 86_400_000,
		});
	}

	/** Commits and follows its own commit, as if it counted; returns the record. */
	async commit(plan: Omit<Parameters<typeof sealCommit>[1], "authenticatedData">): Promise<Bytes> {
		const authenticatedData = encodeStatedPosition(positionToState(this.state));
		const sealed = await sealCommit(this.group, { ...plan, authenticatedData }, rules);
		if (!sealed.ok) throw new Error(`the commit is refused: ${JSON.stringify(sealed.error)}`);
		const record = await this.sealMls(sealed.value.mlsBytes);
		this.group = sealed.value.pendingState;
		return record;
	}

	/** Moves to the log of the group's epoch, as a membership commit does (C1). */
	async moveLog(): Promise<void> {
		const seed = await exportSecret(this.group, "sotto log", new Uint8Array(), 32);
		const log = { seed, index: 0, ordinal: this.state.log.ordinal + 1 };
		this.state = { ...this.state, log, at: { seq: 0, head: secretsOf(log).logId }, previous: undefined };
	}

	async createLog(): Promise<void> {
		const { logId, hashes } = secretsOf(this.state.log);
		await this.post(createLogRoute, {
			logId,
			readHash: hashes.read,
			appendHash: hashes.append,
			ownerHash: hashes.owner,
		});
	}

	async append(record: Bytes): Promise<Tip | undefined> {
		const { logId, appendCap, readCap } = secretsOf(this.state.log);
		const request = {
			logId,
			appendCap: bytesOf(appendCap),
			readCap: bytesOf(readCap),
			dedupeId: recordHash(record),
			record,
		};
		return (await this.post(appendRoute, request)).tip;
	}

	/** The raw records of the log in force. */
	async records(): Promise<readonly Bytes[]> {
		const { logId, readCap } = secretsOf(this.state.log);
		return (await this.post(readRoute, { logId, readCap: bytesOf(readCap), after: 0, limit: 512 })).records;
	}

	/** What the members would make of a record now. */
	async open(record: Bytes) {
		const mls = await openRecord(secretsOf(this.state.log).sealKey, record);
		return mls.ok ? openMessage(this.group, mls.value, rules) : mls;
	}

	/** Posts any request to the home. */
	async post<Request extends object, Response>(route: Route<Request, Response>, request: Request): Promise<Response> {
		const answer = await this.#door.post(route.path, encodeRequest(route, request));
		const parsed = parseResponse(route as Route<unknown, Response>, answer.body);
		if (!parsed.ok) throw new Refused(`${route.path}: ${answer.status}`);
		return parsed.value;
	}
}

export function bytesOf(secret: Secret): Bytes {
	return secret.use((bytes) => bytes.slice());
}
