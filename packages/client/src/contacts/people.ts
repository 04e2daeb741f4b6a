import { base64urlToBytes, type Bytes, utf8, utf8ToText } from "@sotto/bytes";
import { type AccountKey, hash } from "@sotto/crypto";
import { type DeviceList, parseDeviceList } from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type { AccountId, PersonView, RequestId, RequestView } from "../sdk.ts";
import { accountIdOf, keys, requestIdOf } from "../store/keys.ts";
import { Serial } from "../store/serial.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";
import { no, registerOf, type Share, yes } from "../sync/registers.ts";
import { readProfile } from "./read-profile.ts";
import { type Contact, decodeContact, decodeRequestRecord, encodeContact, type RequestRecord } from "./record.ts";

/** A profile is read again after this long. */
const refreshMs = 6 * 3600_000;

type Self = { readonly id: AccountId; readonly key: AccountKey; readonly name: string };

/** Everybody this account knows: contacts, who asks, and who is blocked. */
export class People {
	readonly #engine: EngineContext;
	readonly #self: () => Self | undefined;
	/** What members of groups call themselves, who are not in contact. */
	readonly #introduced = new Map<AccountId, string>();
	readonly #serial = new Serial();
	readonly #contacts = new Map<AccountId, Contact>();
	readonly #requests = new Map<RequestId, RequestRecord>();
	readonly #blocked = new Set<AccountId>();

	#share: Share = () => () => undefined;

	constructor(engine: EngineContext, self: () => Self | undefined) {
		this.#engine = engine;
		this.#self = self;
	}

	async load(): Promise<void> {
		const { store } = this.#engine;
		for (const { value } of await listPrefix(store, keys.contactAll)) {
			const contact = decodeContact(value);
			if (contact.ok) this.#contacts.set(accountIdOf(contact.value.account), contact.value);
		}
		for (const { value } of await listPrefix(store, keys.requestAll)) {
			const request = decodeRequestRecord(value);
			if (request.ok) this.keepRequest(request.value);
		}
		for (const { key, value } of await listPrefix(store, keys.introducedAll)) {
			const name = utf8ToText(value);
			if (name.ok) this.#introduced.set(key.slice(keys.introducedAll.length), name.value);
		}
		for (const { key } of await listPrefix(store, keys.blockedAll))
			this.#blocked.add(key.slice(keys.blockedAll.length));
	}

	get ownKey(): AccountKey | undefined {
		return this.#self()?.key;
	}

	introduce(account: Uint8Array, name: string, tx: StoreTransaction): void {
		const id = accountIdOf(account);
		if (name.trim() === "" || this.#introduced.get(id) === name) return;
		tx.put(keys.introduced(id), utf8(name));
		this.#introduced.set(id, name);
	}

	contact(account: AccountId): Contact | undefined {
		return this.#contacts.get(account);
	}

	isBlocked(account: AccountId): boolean {
		return this.#blocked.has(account);
	}

	/** Newest first. */
	requests(): readonly (RequestRecord & { readonly id: RequestId })[] {
		const all = [...this.#requests].map(([id, request]) => ({ ...request, id }));
		return all.toSorted((a, b) => b.at - a.at);
	}

	/** Open requests, as the app sees them. */
	requestViews(): readonly RequestView[] {
		const open = this.requests().filter((request) => request.state === "open");
		return open.map((request) => this.requestView(request.id, request));
	}

	requestView(id: RequestId, { account, name, greeting, at, added }: RequestRecord): RequestView {
		const person = { ...this.personOfKey(account), name };
		return {
			id,
			person,
			greeting,
			at,
			group: added?.kind === "group" ? { name: added.title ?? "", people: added.people } : undefined,
		};
	}

	request(id: RequestId): RequestRecord | undefined {
		return this.#requests.get(id);
	}

	personOf(account: AccountId): PersonView {
		const own = this.#self();
		if (account === own?.id) return { account, name: own.name, hue: hueOf(account), verified: true };
		const contact = this.#contacts.get(account);
		const asking = [...this.#requests.values()].find((request) => accountIdOf(request.account) === account);
		const name = contact?.name ?? this.#introduced.get(account) ?? asking?.name ?? "";
		return { account, name, hue: hueOf(account), verified: contact?.verified ?? false };
	}

	personOfKey(account: Uint8Array): PersonView {
		return this.personOf(accountIdOf(account));
	}

	/** Remembers in memory what its caller has written to the store. */
	keepContact(contact: Contact): void {
		this.#contacts.set(accountIdOf(contact.account), contact);
	}

	keepRequest(request: RequestRecord): RequestId {
		const id = requestIdOf(request.account, request.groupId);
		this.#requests.set(id, request);
		return id;
	}

	forgetRequest(id: RequestId): void {
		this.#requests.delete(id);
	}

	/** From now on changes are told to the account's other devices; what they were not told yet, now. */
	async shareBy(share: Share, isShared: (register: string) => boolean): Promise<void> {
		this.#share = share;
		const tx = new StoreTransaction(this.#engine.store);
		const told: (() => void)[] = [];
		const tell = (register: string, value: Bytes) => {
			if (!isShared(register)) told.push(share(tx, register, value));
		};
		for (const [id, contact] of this.#contacts) {
			tell(registerOf.contact(id), encodeContact(sharedPart(contact)));
			if (contact.verified) tell(registerOf.verified(id), yes);
		}
		for (const id of this.#blocked) tell(registerOf.blocked(id), yes);
		await tx.commit();
		for (const done of told) done();
	}

	/** Another device of the account has this contact, or has read a newer profile. */
	async takeContact(contact: Contact): Promise<void> {
		const account = accountIdOf(contact.account);
		await this.#serial.run(async () => {
			const before = this.#contacts.get(account);
			if (before !== undefined && before.version >= contact.version) return;
			const { verified, readAt } = before ?? { verified: false, readAt: 0 };
			await this.#write({ ...contact, verified, readAt });
		});
	}

	/** False if the contact is not here yet. */
	async takeVerified(account: AccountId, verified: boolean): Promise<boolean> {
		return this.#serial.run(async () => {
			const before = this.#contacts.get(account);
			if (before !== undefined && before.verified !== verified) await this.#write({ ...before, verified });
			return before !== undefined;
		});
	}

	async takeBlocked(account: AccountId): Promise<void> {
		const tx = new StoreTransaction(this.#engine.store);
		tx.put(keys.blocked(account), utf8(""));
		const asked = this.requests().filter((request) => accountIdOf(request.account) === account);
		for (const { id } of asked) tx.delete(keys.request(id));
		await tx.commit();
		this.#blocked.add(account);
		for (const { id } of asked) this.forgetRequest(id);
		this.#engine.changed();
	}

	async #write(contact: Contact): Promise<void> {
		const tx = new StoreTransaction(this.#engine.store);
		tx.put(keys.contact(accountIdOf(contact.account)), encodeContact(contact));
		await tx.commit();
		this.#contacts.set(accountIdOf(contact.account), contact);
		this.#engine.changed();
	}

	async block(account: AccountId, tx: StoreTransaction): Promise<void> {
		tx.put(keys.blocked(account), utf8(""));
		const told = this.#share(tx, registerOf.blocked(account), yes);
		await tx.commit();
		this.#blocked.add(account);
		told();
	}

	async setVerified(account: AccountId, verified: boolean): Promise<void> {
		await this.#update(account, (contact) => ({ ...contact, verified }));
	}

	/**
	 * Somebody showed a signed device list. False if a newer one of the account was seen before, which is the one that counts (D1);
	 * of who is no contact nothing is remembered.
	 */
	async sawDevices(account: AccountKey, list: DeviceList): Promise<boolean> {
		const id = accountIdOf(account);
		const known = this.#contacts.get(id);
		const seen = known && (await parseDeviceList(known.deviceList));
		if (!seen?.ok) return true;
		if (list.version < seen.value.version) return false;
		if (list.version > seen.value.version)
			await this.#update(id, (contact) => ({ ...contact, deviceList: list.encoded }));
		return true;
	}

	/** Reads profiles again that were not read for some hours, and takes newer versions (P2). */
	async refresh(): Promise<void> {
		const { services, clock } = this.#engine;
		for (const [id, { readAt, profile, name }] of this.#contacts) {
			if (clock.now() - readAt < refreshMs) continue;
			const read = await readProfile(services, profile, { cause: { kind: "contact", title: name } });
			if (!read.ok) {
				if (read.error.kind === "unreachable") return;
				continue;
			}
			const { version, deviceList } = read.value.current;
			await this.#update(id, (contact) => {
				const isNewer = version.number >= contact.version;
				const taken = isNewer ? { name: version.name, version: version.number, deviceList: deviceList.encoded } : {};
				return { ...contact, ...taken, readAt: clock.now() };
			});
		}
	}

	#update(account: AccountId, change: (contact: Contact) => Contact): Promise<void> {
		return this.#serial.run(async () => {
			const before = this.#contacts.get(account);
			if (before === undefined) return;
			const after = change(before);
			const tx = new StoreTransaction(this.#engine.store);
			tx.put(keys.contact(account), encodeContact(after));
			const told = [
				...(after.version > before.version
					? [this.#share(tx, registerOf.contact(account), encodeContact(sharedPart(after)))]
					: []),
				...(after.verified === before.verified
					? []
					: [this.#share(tx, registerOf.verified(account), after.verified ? yes : no)]),
			];
			await tx.commit();
			this.#contacts.set(account, after);
			for (const done of told) done();
			this.#engine.changed();
		});
	}
}

/** What of a contact is the same on every device: what one verified, and when it looked, is told apart, or not at all. */
export function sharedPart(contact: Contact): Contact {
	return { ...contact, verified: false, readAt: 0 };
}

/** 0 to 359, from the account key: two people of one name look different. */
function hueOf(account: AccountId): number {
	const bytes = base64urlToBytes(account, 64);
	const digest: Bytes = hash("sotto hue", bytes.ok ? bytes.value : utf8(account));
	return (((digest[0] as number) << 8) | (digest[1] as number)) % 360;
}
