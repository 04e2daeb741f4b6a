import { type Bytes, bytesToBase64url, equalBytes, err, ok, utf8, utf8ToText } from "@sotto/bytes";
import type { SyncEntry } from "@sotto/protocol";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import type { CommandResult, ConversationId, DeviceId, DeviceView, JobView } from "../sdk.ts";
import { ownConversationId } from "../store/keys.ts";
import type { StoreTransaction } from "../store/transaction.ts";
import type { Shared } from "../sync/shared.ts";
import { decodeDeviceInfo, type DeviceInfo, deviceRegister, encodeDeviceInfo } from "./device-info.ts";
import { HistoryReceiver, type HistoryReceiverParts } from "./history-receiver.ts";
import { historyTable } from "./history-register.ts";
import { HistorySender } from "./history-sender.ts";
import { Jobs } from "./jobs.ts";
import { LinkDevice } from "./link-device.ts";
import { foundOwnConversation } from "./own-conversation.ts";
import { OwnLeaves } from "./own-leaves.ts";
import { mailboxRegister, RemoveDevice } from "./remove-device.ts";

const maxSettingKey = 60;
const maxSettingLength = 2000;
const settings = "setting/";
/** The register of the profile version in force. */
export const profileRegister = "profile";

export type DevicesParts = Pick<FirstContactParts, "engine" | "account" | "directory"> & {
	readonly shared: Shared;
	readonly isOnline: () => boolean;
	/** Runs work while no conversation begins here. */
	readonly exclusive: HistoryReceiverParts["exclusive"];
	/** Rows of conversations, people and calls have come into the store. */
	readonly reload: () => Promise<void>;
	/** Does what a register says that is about people and conversations. */
	readonly inStep: (entry: SyncEntry) => Promise<boolean>;
};

/** The account's devices as this one sees them: their list, their names, the settings they share, and linking another. */
export class Devices {
	readonly linking: LinkDevice;
	readonly leaves: OwnLeaves;
	readonly removal: RemoveDevice;
	readonly #sender: HistorySender;
	readonly #receiver: HistoryReceiver;
	readonly #parts: DevicesParts;
	readonly #jobs: Jobs;

	constructor(parts: DevicesParts) {
		this.#parts = parts;
		const { engine, account, directory, isOnline } = parts;
		this.#jobs = new Jobs({
			store: engine.store,
			conversation: (id) => directory.get(id),
			isOnline,
			changed: engine.changed,
		});
		const promises: Jobs["promises"] = (kind, device) => this.#jobs.promises(kind, device);
		const met = (device: Bytes) => engine.background(this.linking.arrived(device));
		this.leaves = new OwnLeaves({ engine, account, directory, promises, met });
		const nameOf = (device: Uint8Array) => this.#info(device)?.name ?? "";
		this.removal = new RemoveDevice({ ...parts, jobs: this.#jobs, leaves: this.leaves, nameOf });
		this.#sender = new HistorySender({ ...parts, jobs: this.#jobs });
		this.#receiver = new HistoryReceiver({ ...parts, jobs: this.#jobs });
		this.linking = new LinkDevice({
			engine,
			account,
			prepare: async () => {
				if (directory.get(ownConversationId) === undefined) await foundOwnConversation(parts);
			},
			listed: (tx, device) => this.#listedNow(tx, device),
			linked: () => this.leaves.look(),
		});
	}

	/** Names this device for the others, and goes on with what a crash interrupted. */
	async start(): Promise<void> {
		const { account, shared, engine } = this.#parts;
		await this.#jobs.load();
		const own = this.#info(account.keys.device.publicKey);
		if (own === undefined || own.primary !== account.isPrimary)
			await this.#tellInfo(account.keys.device.publicKey, {
				...(own ?? { v: 1, name: "", linkedAt: engine.clock.now() }),
				primary: account.isPrimary,
			});
		account.onSigned(() => engine.background(this.#tellProfile()));
		await this.#tellProfile();
		shared.apply();
		shared.tell();
		this.look();
		engine.background(this.linking.resume());
	}

	close(): void {
		this.linking.close();
		this.leaves.close();
		this.#sender.close();
		this.#receiver.close();
	}

	/** Looks whether list, conversations and mailbox are in step: after anything that may have changed one of them. */
	look(id?: ConversationId): void {
		this.leaves.look(id);
		this.#sender.settle();
		if (id !== undefined && id !== ownConversationId) return;
		this.removal.settle();
		this.#receiver.settle();
	}

	/** This device is out of the account: another one has removed it. */
	get isRemoved(): boolean {
		return this.#parts.directory.get(ownConversationId)?.held.state.stop?.kind === "removed";
	}

	/** Does what another device has told; the rest is read where it is needed. */
	async apply(entry: SyncEntry): Promise<boolean> {
		const { account, inStep } = this.#parts;
		if (entry.key === mailboxRegister) await account.takeMailbox(entry.value);
		else if (entry.key === profileRegister) {
			await account.adopt(entry.value);
			this.look();
		} else if (entry.key.startsWith(historyTable)) {
			this.#receiver.settle();
			this.#sender.settle();
		} else return inStep(entry);
		return true;
	}

	// ---- what is shown

	/** This one first. */
	views(): readonly DeviceView[] {
		const { account } = this.#parts;
		const own = account.keys.device.publicKey;
		const others = account.keys.list.devices.filter((device) => !equalBytes(device, own));
		return [own, ...others].map((device) => {
			const info = this.#info(device);
			const isOwn = equalBytes(device, own);
			return {
				id: bytesToBase64url(device),
				name: info?.name ?? "",
				linkedAt: info?.linkedAt ?? 0,
				thisDevice: isOwn,
				primary: isOwn ? account.isPrimary : (info?.primary ?? false),
			};
		});
	}

	jobs(): readonly JobView[] {
		return this.#jobs.views();
	}

	settings(): Readonly<Record<string, string>> {
		const entries = this.#parts.shared.under(settings).flatMap(([key, value]) => {
			const text = utf8ToText(value);
			return text.ok && value.length > 0 ? [[key, text.value] as const] : [];
		});
		return Object.fromEntries(entries);
	}

	// ---- commands

	/** An empty value takes the setting away. */
	async changeSetting(key: string, value: string): Promise<CommandResult> {
		if (key.length > maxSettingKey || !/^[\w.:-]+$/.test(key)) return err({ kind: "badName" });
		if (value.length > maxSettingLength) return err({ kind: "tooLong" });
		await this.#parts.shared.change(settings + key, utf8(value));
		return ok();
	}

	async rename(id: DeviceId, name: string): Promise<CommandResult> {
		const device = this.#parts.account.keys.list.devices.find((listed) => bytesToBase64url(listed) === id);
		if (device === undefined) return err({ kind: "notFound" });
		await this.#tellInfo(device, { ...(this.#info(device) ?? { v: 1, linkedAt: 0, primary: false }), name });
		return ok();
	}

	async dismissJob(id: string): Promise<CommandResult> {
		if (!(await this.#jobs.dismiss(id))) return err({ kind: "notFound" });
		this.#parts.engine.changed();
		return ok();
	}

	// ---- what goes on beneath

	#listedNow(
		tx: StoreTransaction,
		device: { readonly key: Bytes; readonly name: string; readonly primary: boolean; readonly at: number },
	): () => void {
		const { shared, directory } = this.#parts;
		const { key, name, primary, at } = device;
		const told = shared.put(tx, deviceRegister(key), encodeDeviceInfo({ v: 1, name, linkedAt: at, primary }));
		const open = directory.all().filter(({ id, held }) => id !== ownConversationId && held.state.stop === undefined);
		const conversations = open.map(({ id }) => id);
		const job = { v: 1, kind: "addDevice", device: key, deviceName: name, conversations, beganAt: at } as const;
		const begun = [this.#jobs.put(tx, job)];
		if (conversations.length > 0)
			begun.push(this.#jobs.put(tx, { ...job, kind: "sendHistory", conversations: [], beganAt: at + 1 }));
		return () => {
			told();
			for (const done of begun) done();
			this.leaves.look();
		};
	}

	/** The version of the profile that is in force: it holds the list of devices, and is signed (P2). */
	async #tellProfile(): Promise<void> {
		const { account, shared } = this.#parts;
		const { number, content } = account.record.version;
		if (shared.rankOf(profileRegister) < number) await shared.change(profileRegister, content, number);
	}

	#info(device: Uint8Array): DeviceInfo | undefined {
		return decodeDeviceInfo(this.#parts.shared.get(deviceRegister(device)));
	}

	#tellInfo(device: Uint8Array, info: DeviceInfo): Promise<void> {
		return this.#parts.shared.change(deviceRegister(device), encodeDeviceInfo(info));
	}
}
