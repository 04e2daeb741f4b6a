import { appendRoute, createLogRoute, notifierKeyRoute } from "@sotto/api";
import { type Bytes, bytesToHex, equalBytes, err, invariant, ok, type Result } from "@sotto/bytes";
import { type KeyPackageSecrets, type LogId, recordHash, sealProfile } from "@sotto/crypto";
import {
	formatLink,
	makeProfilePackage,
	packageLifetimeMs,
	packageRenewalMs,
	packageRetentionMs,
	profileRewriteMs,
	readProfileRecord,
	startProfileReading,
} from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type { StoreOp } from "../ports.ts";
import { Retry } from "../services/retry.ts";
import { isPassing, type Purpose, type ServiceError } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { Serial } from "../store/serial.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";
import { type AccountKeys, keysOf, makePackage } from "./keys.ts";
import { decodeMailboxKeys, withMailbox } from "./mailbox-keys.ts";
import { hashesOf, memberRingAddress, nextVersion, profileRingAddress } from "./create.ts";
import { type AccountRecord, decodeOwnPackage, encodeAccount, encodeOwnPackage, type OwnPackage } from "./record.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };

/**
 * Keeps the own profile published (P2): each change and each package becomes a sealed record in the local store first, and
 * goes to the profile log from there, in order, until the home has it.
 */
export class AccountKeeper {
	readonly #context: EngineContext;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	#keys: AccountKeys;
	#record: AccountRecord;
	#publishing: Promise<void> | undefined;
	/** The mailbox that the home has, as far as this process knows. */
	#createdMailbox: LogId | undefined;
	#signed: () => void = () => undefined;

	private constructor(context: EngineContext, record: AccountRecord, accountKeys: AccountKeys) {
		this.#context = context;
		this.#record = record;
		this.#keys = accountKeys;
		this.#retry = new Retry(context.clock, context.random, () => this.publish());
	}

	static async open(context: EngineContext, record: AccountRecord): Promise<AccountKeeper> {
		return new AccountKeeper(context, record, await keysOf(record));
	}

	/** Writes an account that is new here, its version and its first package in one transaction; `ops` go with it. */
	static async create(
		context: EngineContext,
		record: AccountRecord,
		ops: readonly StoreOp[] = [],
	): Promise<AccountKeeper> {
		const keeper = await AccountKeeper.open(context, record);
		await keeper.#change(async (tx, draft) => {
			// What an archive brought has an account from here on.
			tx.delete(keys.importing);
			tx.apply(ops);
			return keeper.#addPackage(tx, await keeper.#addVersion(tx, draft));
		});
		return keeper;
	}

	/** Writes the account that this device was taken into (D2), with its own package; `ops` go with it. */
	static async enter(context: EngineContext, record: AccountRecord, ops: readonly StoreOp[]): Promise<AccountKeeper> {
		const keeper = await AccountKeeper.open(context, record);
		await keeper.#change(async (tx, draft) => {
			tx.apply(ops);
			return keeper.#addPackage(tx, draft);
		});
		return keeper;
	}

	get record(): AccountRecord {
		return this.#record;
	}

	get keys(): AccountKeys {
		return this.#keys;
	}

	/** Whether this device holds the account key: it may sign for the account (D1). */
	get isPrimary(): boolean {
		return this.#record.accountSeed !== undefined;
	}

	/** The contact link (P1). */
	link(): string {
		const { home, profile } = this.#record;
		const readCap = profile.readCap as Parameters<typeof formatLink>[0]["readCap"];
		return formatLink({ host: home, logId: profile.logId, readCap, k: this.keys.k });
	}

	/**
	 * Signs and publishes a version with what `change` made of the account; only on a primary device (D1). `also` goes into the
	 * same transaction.
	 */
	async sign(
		change: (tx: StoreTransaction, account: AccountRecord) => Promise<AccountRecord>,
		also: (tx: StoreTransaction, account: AccountRecord) => Promise<void> = async () => undefined,
	): Promise<void> {
		invariant(this.isPrimary, "only a primary device signs for the account (D1)");
		await this.#change(async (tx, account) => {
			const next = await change(tx, account);
			const version = await nextVersion(next, this.#context.clock.now());
			const versioned = await this.#addVersion(tx, { ...next, version });
			const isListed = equalBytes(next.deviceList, account.deviceList);
			const signed = isListed ? versioned : await this.#addPackage(tx, versioned);
			await also(tx, signed);
			return signed;
		});
		this.#signed();
		this.publish();
	}

	/** Calls `listener` whenever this device has signed a version. */
	onSigned(listener: () => void): void {
		this.#signed = listener;
	}

	rename(name: string): Promise<void> {
		return this.sign(async (_tx, account) => ({ ...account, name }));
	}

	/**
	 * Takes a version that another device of the account has signed, if it is newer than what this device knows. Where the
	 * list is another, this device's package is made anew under it (D1). Error `removed`: this device is not listed any more.
	 */
	async adopt(content: Bytes): Promise<Result<void, "removed">> {
		const { current } = await readProfileRecord(startProfileReading(this.keys.k), content);
		if (current === undefined || !equalBytes(current.version.account, this.keys.key)) return ok();
		const { version, deviceList, hash } = current;
		const isOld = () => version.number <= this.#record.version.number || deviceList.version < this.keys.list.version;
		if (isOld()) return ok();
		const place = deviceList.devices.findIndex((device) => equalBytes(device, this.keys.device.publicKey));
		if (place < 0) return err("removed");
		await this.#change(async (tx, account) => {
			if (isOld()) return account;
			const writtenAt = this.#context.clock.now();
			const taken = { name: version.name, version: { number: version.number, hash, content, writtenAt } };
			if (equalBytes(deviceList.encoded, account.deviceList)) return { ...account, ...taken };
			return this.#addPackage(tx, { ...account, ...taken, deviceList: deviceList.encoded, place });
		});
		this.publish();
		return ok();
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
		const moved = async (_tx: StoreTransaction, account: AccountRecord) => {
			const profileRing = await profileRingAddress(notifierKey, account.wakeCap, this.#context.random);
			return { ...account, notifierKey, profileRing };
		};
		if (this.isPrimary) await this.sign(moved);
		else await this.#change(moved);
		return true;
	}

	/** The mailbox was read to `seq`; part of the transaction that keeps what was in it. */
	async mailboxRead(seq: number, extra: StoreTransaction): Promise<void> {
		await this.#change(async (tx, account) => {
			tx.apply(extra.ops());
			return { ...account, mailboxSeq: seq, mailboxReadAt: this.#context.clock.now() };
		});
	}

	/** The mailbox before was read to `seq`, or is forgotten (undefined). */
	async previousMailboxRead(seq: number | undefined, extra: StoreTransaction): Promise<void> {
		await this.#change(async (tx, { previousMailbox, ...account }) => {
			tx.apply(extra.ops());
			return previousMailbox === undefined || seq === undefined
				? account
				: { ...account, previousMailbox: { ...previousMailbox, seq } };
		});
	}

	/** Another device of the account has replaced the mailbox (D2). */
	async takeMailbox(bytes: Bytes): Promise<void> {
		const taken = decodeMailboxKeys(bytes);
		if (taken === undefined) return;
		await this.#change(async (_tx, account) => {
			if (equalBytes(taken.mailbox.logId, account.mailbox.logId)) return account;
			return withMailbox(account, taken, this.#context.clock.now());
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
	newPackage(): Promise<KeyPackageSecrets> {
		const { clock, suite } = this.#context;
		return makePackage(this.keys, this.#record.place, { suite, now: clock.now() });
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
		this.#createdMailbox = undefined;
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
			// Before anybody is told of a mailbox it is there.
			const created = await this.#createLogs();
			if (!created.ok && isPassing(created.error)) return this.#retry.later();
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
		const created = await this.#createLogs(true);
		if (!created.ok) return created;
		const second = await append();
		return second.ok ? ok() : err(second.error);
	}

	/** Profile and mailbox; idempotent, so that a home which lost them gets both again (L4). Asked for once in a life, and if they are missing. */
	async #createLogs(isMissing = false): Promise<Result<void, ServiceError>> {
		const { logId } = this.#record.mailbox;
		if (this.#createdMailbox === logId && !isMissing) return ok();
		for (const log of [this.#record.mailbox, this.#record.profile]) {
			const { read, append, owner } = hashesOf(log);
			const request = { logId: log.logId, readHash: read, appendHash: append, ownerHash: owner };
			const created = await this.#context.services.call(createLogRoute, request, purpose);
			if (!created.ok) return created;
		}
		this.#createdMailbox = logId;
		return ok();
	}

	#change(change: (tx: StoreTransaction, account: AccountRecord) => Promise<AccountRecord>): Promise<void> {
		return this.#serial.run(async () => {
			const tx = new StoreTransaction(this.#context.store);
			const next = await change(tx, this.#record);
			tx.put(keys.account, encodeAccount(next));
			const isListed = equalBytes(next.deviceList, this.#record.deviceList);
			const opened = isListed ? this.#keys : await keysOf(next);
			await tx.commit();
			this.#record = next;
			this.#keys = opened;
			this.#context.changed();
		});
	}

	#addVersion(tx: StoreTransaction, account: AccountRecord): Promise<AccountRecord> {
		return this.#addRecord(tx, account, account.version.content);
	}

	async #addPackage(tx: StoreTransaction, account: AccountRecord): Promise<AccountRecord> {
		const { clock, suite } = this.#context;
		const now = clock.now();
		for (const old of await this.packages())
			if (old.replacedAt === undefined)
				tx.put(keys.package(bytesToHex(old.hash)), encodeOwnPackage({ ...old, replacedAt: now }));
		const fresh = await makePackage(await keysOf(account), account.place, { suite, now });
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
