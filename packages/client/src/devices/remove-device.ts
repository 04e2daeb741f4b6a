import { type Bytes, bytesToBase64url, equalBytes, err, invariant, ok } from "@sotto/bytes";
import { signingKeyFromSeed } from "@sotto/crypto";
import { type DeviceList, signDeviceList } from "@sotto/protocol";
import type { AccountRecord } from "../account/record.ts";
import { encodeMailboxKeys, newMailbox, withMailbox } from "../account/mailbox-keys.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import type { CommandResult, DeviceId } from "../sdk.ts";
import { ownConversationId } from "../store/keys.ts";
import { Serial } from "../store/serial.ts";
import type { Shared } from "../sync/shared.ts";
import { hasDevice, type Job, type Jobs } from "./jobs.ts";
import type { OwnLeaves } from "./own-leaves.ts";

/** The register that tells the other devices of a new mailbox. */
export const mailboxRegister = "mailbox";

export type RemoveDeviceParts = Pick<FirstContactParts, "engine" | "account" | "directory"> & {
	readonly shared: Shared;
	readonly jobs: Jobs;
	readonly leaves: OwnLeaves;
	readonly nameOf: (device: Uint8Array) => string;
};

/**
 * Takes a device out of the account (D2): off the list at once, so that nobody adds it any more; out of every conversation by
 * wishes, the own one first; and then away from the mailbox, whose keys it knows.
 */
export class RemoveDevice {
	readonly #parts: RemoveDeviceParts;
	readonly #serial = new Serial();

	constructor(parts: RemoveDeviceParts) {
		this.#parts = parts;
	}

	/** Durable when it resolves; the rest follows by itself. */
	async remove(id: DeviceId): Promise<CommandResult> {
		const { account, engine, jobs, leaves, directory, nameOf } = this.#parts;
		if (!account.isPrimary) return err({ kind: "notPrimary" });
		const { list, device: own } = account.keys;
		const device = list.devices.find((listed) => bytesToBase64url(listed) === id);
		if (device === undefined) return err({ kind: "notFound" });
		if (equalBytes(device, own.publicKey)) return err({ kind: "thisDevice" });
		const isIn = directory
			.all()
			.filter((conversation) => conversation.id !== ownConversationId && hasDevice(conversation, device));
		const job: Job = {
			v: 1,
			kind: "removeDevice",
			device,
			deviceName: nameOf(device),
			conversations: isIn.map((conversation) => conversation.id),
			beganAt: engine.clock.now(),
		};
		let begun = (): void => undefined;
		await account.sign(
			(_tx, before) => withoutDevice(before, list, device),
			async (tx) => {
				begun = jobs.put(tx, job);
			},
		);
		begun();
		leaves.look();
		engine.changed();
		return ok();
	}

	/** Looks whether a removed device is out of the own conversation: from then on the others can be told what it may not know. */
	settle(): void {
		if (this.#waiting() === undefined) return;
		this.#parts.engine.background(this.#serial.run(() => this.#replaceMailbox()));
	}

	#waiting(): Job | undefined {
		const { jobs, directory } = this.#parts;
		const own = directory.get(ownConversationId);
		if (own?.held.state.stop !== undefined) return undefined;
		return jobs.removals().find(({ device, hasNewMailbox }) => {
			const isOut = own === undefined || !hasDevice(own, device);
			return hasNewMailbox !== true && isOut;
		});
	}

	async #replaceMailbox(): Promise<void> {
		const job = this.#waiting();
		if (job === undefined) return;
		const { account, engine, shared, jobs } = this.#parts;
		const keys = await newMailbox(engine.random);
		const after: (() => void)[] = [];
		await account.sign(
			async (_tx, before) => withMailbox(before, keys, engine.clock.now()),
			async (tx, signed) => {
				after.push(shared.put(tx, mailboxRegister, encodeMailboxKeys(signed), signed.version.number));
				after.push(jobs.put(tx, { ...job, hasNewMailbox: true }));
			},
		);
		for (const done of after) done();
		engine.changed();
		this.settle();
	}
}

async function withoutDevice(account: AccountRecord, list: DeviceList, device: Bytes): Promise<AccountRecord> {
	invariant(account.accountSeed !== undefined, "only a primary device signs for the account (D1)");
	const own = list.devices[account.place];
	const rest = list.devices.filter((listed) => !equalBytes(listed, device));
	const place = rest.findIndex((listed) => own !== undefined && equalBytes(listed, own));
	const signed = await signDeviceList(await signingKeyFromSeed(account.accountSeed), rest, list);
	return { ...account, deviceList: signed.encoded, place };
}
