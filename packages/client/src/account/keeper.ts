import { appendRoute, createLogRoute, notifierKeyRoute } from "@sotto/api";
import { type Bytes, bytesToHex, equalBytes, err, ok, type Result, type Secret } from "@sotto/bytes";
import {
	type AccountKey,
	createKeyPackage,
	generateLeafSignatureKey,
	type KeyPackageSecrets,
	recordHash,
	sealProfile,
	type SigningKey,
	signingKeyFromSeed,
} from "@sotto/crypto";
import {
	type DeviceList,
	formatLink,
	makeCredential,
	makeProfilePackage,
	packageLifetimeMs,
	packageRenewalMs,
	packageRetentionMs,
	parseDeviceList,
	profileRewriteMs,
} from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type { AccountId } from "../sdk.ts";
import { Retry } from "../services/retry.ts";
import { isPassing, type Purpose, type ServiceError } from "../services/services.ts";
import { accountIdOf, keys } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { Serial } from "../store/serial.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";
import { hashesOf, memberRingAddress, nextVersion, ownProfileKey, profileRingAddress } from "./create.ts";
import { type AccountRecord, decodeOwnPackage, encodeAccount, encodeOwnPackage, type OwnPackage } from "./record.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };

/** The account's keys, opened once. */
export type AccountKeys = {
	readonly key: AccountKey;
	readonly id: AccountId;
	readonly device: SigningKey;
	readonly list: DeviceList;
	readonly k: Secret;
};

/**
 * Keeps the own profile published (P2): each change and each package becomes a sealed record in the local store first, and
 * goes to the profile log from there, in order, until the home has it.
 */
export class AccountKeeper {
	readonly #context: EngineContext;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	readonly keys: AccountKeys;
	#record: AccountRecord;
	#publishing: Promise<void> | undefined;

	private constructor(context: EngineContext, record: AccountRecord, accountKeys: AccountKeys) {
		this.#context = context;
		this.#record = record;
		this.keys = accountKeys;
		this.#retry = new Retry(context.clock, context.random, () => this.publish());
	}

	static async open(context: EngineContext, record: AccountRecord): Promise<AccountKeeper> {
		const account = await signingKeyFromSeed(record.accountSeed);
		const list = await parseDeviceList(record.deviceList);
		if (!list.ok) throw new Error("the own device list was signed here");
		return new AccountKeeper(context, record, {
			key: account.publicKey as AccountKey,
			id: accountIdOf(account.publicKey),
			device: await signingKeyFromSeed(record.deviceSeed),
			list: list.value,
			k: await ownProfileKey(record),
		});
	}

	/** Writes a new account, its first version and its first package in one transaction. */
	static async create(context: EngineContext, record: AccountRecord): Promise<AccountKeeper> {
		const keeper = await AccountKeeper.open(context, record);
		await keeper.#change((tx, draft) => keeper.#addVersion(tx, draft).then((next) => keeper.#addPackage(tx, next)));
		return keeper;
	}

	get record(): AccountRecord {
		return this.#record;
	}

	/** The contact link (P1). */
	link(): string {
		const { home, profile } = this.#record;
		const readCap = profile.readCap as Parameters<typeof formatLink>[0]["readCap"];
		return formatLink({ host: home, logId: profile.logId, readCap, k: this.keys.k });
	}

	async rename(name: string): Promise<void> {
		await this.#change(async (tx, account) => {
			const named = { ...account, name };
			return this.#addVersion(tx, { ...named, version: await nextVersion(named, this.#context.clock.now()) });
		});
		this.publish();
	}

	/** What time brings: a package a week, the version again every 30 days, old private parts erased (P2). */
	async maintain(): Promise<void> {
		const now = this.#context.clock.now();
		await this.#change(async (tx, account) => {
			let next = account;
			if (now - next.packageAt >= packageRenewalMs) next = await this.#addPackage(tx, next);
			if (now - next.version.writtenAt >= profileRewriteMs)
				next = await this.#addVersion(tx, { ...next, version: { ...next.version, writtenAt: now } });
			await this.#eraseOldPackages(tx, next);
			return next;
		});
		this.publish();
	}

	/**
	 * Asks for the notifier's key. If it is another one, the addresses given out ring nobody any more: the profile gets a new
	 * one, and the caller sends new ones to the conversations. Resolves to whether it changed.
	 */
	async refreshNotifierKey(): Promise<boolean> {
		const answer = await this.#context.services.call(notifierKeyRoute, {}, purpose);
		if (!answer.ok || equalBytes(answer.value.publicKey, this.#record.notifierKey)) return false;
		const notifierKey = answer.value.publicKey;
		await this.#change(async (tx, account) => {
			const profileRing = await profileRingAddress(notifierKey, account.wakeCap, this.#context.random);
			const moved = { ...account, notifierKey, profileRing };
			return this.#addVersion(tx, { ...moved, version: await nextVersion(moved, this.#context.clock.now()) });
		});
		this.publish();
		return true;
	}

	/** The mailbox was read to `seq`; part of the transaction that keeps what was in it. */
	async mailboxRead(seq: number, extra: StoreTransaction): Promise<void> {
		await this.#change(async (tx, account) => {
			tx.apply(extra.ops());
			return { ...account, mailboxSeq: seq, mailboxReadAt: this.#context.clock.now() };
		});
	}

	/** Every package of this device whose private parts are still there, newest first. */
	async packages(): Promise<readonly OwnPackage[]> {
		const rows = await listPrefix(this.#context.store, keys.packageAll);
		const packages = rows.flatMap(({ value }) => {
			const own = decodeOwnPackage(value);
			return own.ok ? [own.value] : [];
		});
		return packages.toSorted((a, b) => b.createdAt - a.createdAt);
	}

	/** A key package of this device with a fresh leaf key (D1), for a group of its own. */
	async newPackage(): Promise<KeyPackageSecrets> {
		const signatureKey = await generateLeafSignatureKey();
		const { list, device } = this.keys;
		const credential = await makeCredential(list, this.#record.place, device, signatureKey.publicKey);
		const { clock, suite } = this.#context;
		return createKeyPackage({ suite, credential, signatureKey, now: clock.now(), lifetimeMs: packageLifetimeMs });
	}

	/** A fresh address of this device for the members of one conversation (R1). */
	memberRingAddress(): Promise<Bytes> {
		return memberRingAddress(this.#record.notifierKey, this.#record.wakeCap, this.#context.random);
	}

	/**
	 * The home has lost the own logs: both are created again, and the profile is written again as it is (L4, P2). Does nothing
	 * while something waits to be published, because that creates the logs too.
	 */
	async republish(): Promise<void> {
		if ((await listPrefix(this.#context.store, keys.publishAll)).length === 0)
			await this.#change(async (tx, account) => {
				const versioned = await this.#addVersion(tx, account);
				const [newest] = await this.packages();
				return newest === undefined ? versioned : this.#addPackageRecord(tx, versioned, newest);
			});
		this.publish();
	}

	/** Resolves when the look that is under way ends: usually with everything published. */
	async published(): Promise<void> {
		await this.#publishing;
	}

	/** Sends what is not published yet, in the background, until it is. */
	publish(): void {
		this.#retry.reset();
		this.#publishing ??= this.#publishAll().finally(() => {
			this.#publishing = undefined;
		});
		this.#context.background(this.#publishing);
	}

	stop(): void {
		this.#retry.reset();
	}

	async #publishAll(): Promise<void> {
		for (;;) {
			const rows = await listPrefix(this.#context.store, keys.publishAll);
			if (rows.length === 0) return;
			for (const { key, value } of rows) {
				const done = await this.#publishOne(value);
				if (!done.ok && isPassing(done.error)) return this.#retry.later();
				// What the home refuses for good would be refused for ever: the next version or package makes it good.
				const tx = new StoreTransaction(this.#context.store);
				tx.delete(key);
				await tx.commit();
			}
		}
	}

	async #publishOne(record: Bytes): Promise<Result<void, ServiceError>> {
		const { profile } = this.#record;
		const append = () =>
			this.#context.services.call(
				appendRoute,
				{ logId: profile.logId, appendCap: revealed(profile.appendCap), dedupeId: recordHash(record), record },
				purpose,
			);
		const first = await append();
		if (first.ok) return ok();
		if (first.error.kind !== "refused" || first.error.code !== "notFound") return first;
		const created = await this.#createLogs();
		if (!created.ok) return created;
		const second = await append();
		return second.ok ? ok() : err(second.error);
	}

	/** Profile and mailbox; idempotent, so that a home which lost them gets both again (L4). */
	async #createLogs(): Promise<Result<void, ServiceError>> {
		for (const log of [this.#record.mailbox, this.#record.profile]) {
			const { read, append, owner } = hashesOf(log);
			const request = { logId: log.logId, readHash: read, appendHash: append, ownerHash: owner };
			const created = await this.#context.services.call(createLogRoute, request, purpose);
			if (!created.ok) return created;
		}
		return ok();
	}

	#change(change: (tx: StoreTransaction, account: AccountRecord) => Promise<AccountRecord>): Promise<void> {
		return this.#serial.run(async () => {
			const tx = new StoreTransaction(this.#context.store);
			const next = await change(tx, this.#record);
			tx.put(keys.account, encodeAccount(next));
			await tx.commit();
			this.#record = next;
			this.#context.changed();
		});
	}

	#addVersion(tx: StoreTransaction, account: AccountRecord): Promise<AccountRecord> {
		return this.#addRecord(tx, account, account.version.content);
	}

	async #addPackage(tx: StoreTransaction, account: AccountRecord): Promise<AccountRecord> {
		const now = this.#context.clock.now();
		for (const old of await this.packages())
			if (old.replacedAt === undefined)
				tx.put(keys.package(bytesToHex(old.hash)), encodeOwnPackage({ ...old, replacedAt: now }));
		const fresh = await this.newPackage();
		const own: OwnPackage = { ...fresh, createdAt: now };
		tx.put(keys.package(bytesToHex(fresh.hash)), encodeOwnPackage(own));
		return this.#addPackageRecord(tx, { ...account, packageAt: now }, own);
	}

	async #addPackageRecord(tx: StoreTransaction, account: AccountRecord, own: OwnPackage): Promise<AccountRecord> {
		const notAfter = own.createdAt + packageLifetimeMs;
		const entry = { v: 1 as const, place: account.place, package: own.publicBytes, notAfter };
		return this.#addRecord(tx, account, await makeProfilePackage(this.keys.device, entry));
	}

	/** P2: never before the mailbox was read to its tip since the package was replaced. */
	async #eraseOldPackages(tx: StoreTransaction, account: AccountRecord): Promise<void> {
		const now = this.#context.clock.now();
		for (const { hash, replacedAt } of await this.packages()) {
			if (replacedAt === undefined || now - replacedAt < packageRetentionMs) continue;
			if (account.mailboxReadAt > replacedAt) tx.delete(keys.package(bytesToHex(hash)));
		}
	}

	async #addRecord(tx: StoreTransaction, account: AccountRecord, content: Bytes): Promise<AccountRecord> {
		const sealed = await sealProfile(this.keys.k, content);
		if (!sealed.ok) throw new Error("versions and packages are bounded below a record");
		tx.put(keys.publish(account.nextPublish), sealed.value);
		return { ...account, nextPublish: account.nextPublish + 1 };
	}
}
