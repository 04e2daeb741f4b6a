import { base64urlToBytes, type Bytes, utf8, utf8ToText } from "@sotto/bytes";
import { type AccountKey, hash } from "@sotto/crypto";
import { type DeviceList, parseDeviceList } from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type { AccountId, PersonView, RequestId, RequestView } from "../sdk.ts";
import { accountIdOf, keys, requestIdOf } from "../store/keys.ts";
import { Serial } from "../store/serial.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";
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

	async block(account: AccountId, tx: StoreTransaction): Promise<void> {
		tx.put(keys.blocked(account), utf8(""));
		await tx.commit();
		this.#blocked.add(account);
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
			await tx.commit();
			this.#contacts.set(account, after);
			this.#engine.changed();
		});
	}
}

/** 0 to 359, from the account key: two people of one name look different. */
function hueOf(account: AccountId): number {
	const bytes = base64urlToBytes(account, 64);
	const digest: Bytes = hash("sotto hue", bytes.ok ? bytes.value : utf8(account));
	return (((digest[0] as number) << 8) | (digest[1] as number)) % 360;
}
