import { appendRoute } from "@sotto/api";
import { type Bytes, equalBytes, err, invariant, ok, type Result, Secret } from "@sotto/bytes";
import { recordHash, signingKeyFromSeed } from "@sotto/crypto";
import {
	type DeviceList,
	encodeHandover,
	type LinkingCode,
	type LinkingFailure,
	maxDevices,
	parseDeviceCard,
	parseLinkingCode,
	rendezvousOf,
	signDeviceList,
	startExistingDevice,
} from "@sotto/protocol";
import { handoverOf } from "../account/handover.ts";
import type { AccountKeeper } from "../account/keeper.ts";
import type { AccountRecord } from "../account/record.ts";
import type { EngineContext } from "../context.ts";
import type { CommandResult, LinkingView } from "../sdk.ts";
import { Retry } from "../services/retry.ts";
import { isPassing, type Purpose } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { StoreTransaction, unwrapStore } from "../store/transaction.ts";
import { decodeKeptLinking, encodeKeptLinking } from "./kept-linking.ts";
import { linkingView } from "./linking-view.ts";
import { Meeting, type SealHandover } from "./meeting.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };

export type LinkDeviceParts = {
	readonly engine: EngineContext;
	readonly account: AccountKeeper;
	/** Before a device is listed: what it is going to be brought into has to be there. */
	readonly prepare: () => Promise<void>;
	/** The list that names the device is being written: what else goes with it; returns what follows once it is durable. */
	readonly listed: (
		tx: StoreTransaction,
		device: { readonly key: Bytes; readonly name: string; readonly primary: boolean; readonly at: number },
	) => () => void;
	/** The new device is one of the account's and says so, or may be. */
	readonly linked: () => void;
};

/** Linking, on the device that has the account: where a typed or scanned code leads (D2). */
export class LinkDevice {
	readonly #parts: LinkDeviceParts;
	readonly #retry: Retry;
	#linking: { readonly meeting: Meeting; readonly code: LinkingCode } | undefined;
	/** The user's choice at the comparison: whether the new device gets the account key (D1). */
	#makesPrimary = false;
	/** Whom the handover under way is for. */
	#expected: Bytes | undefined;

	constructor(parts: LinkDeviceParts) {
		this.#parts = parts;
		const { clock, random, background } = parts.engine;
		this.#retry = new Retry(clock, random, () => background(this.resume()));
	}

	close(): void {
		this.#linking?.meeting.close();
		this.#retry.reset();
	}

	view(): LinkingView | undefined {
		const linking = this.#linking;
		return linking && linkingView(linking.meeting.state, linking.code, this.#parts.account.record.home);
	}

	async link(typed: string): Promise<CommandResult> {
		const { account, engine } = this.#parts;
		if (!account.isPrimary) return err({ kind: "notPrimary" });
		if (this.#linking !== undefined && !this.#linking.meeting.isOver) return err({ kind: "notReady" });
		const code = parseLinkingCode(typed);
		if (!code.ok) return err({ kind: "badLink" });
		if (account.keys.list.devices.length >= maxDevices) return err({ kind: "tooMany" });
		const place = rendezvousOf(code.value);
		const nonce = engine.random(32);
		const begin = { logId: place.logId, nonce, name: account.record.name, now: engine.clock.now() };
		const first = startExistingDevice(begin, new Secret(engine.random(32)));
		const meeting: Meeting = new Meeting(
			engine,
			place,
			{
				handOver: (card, seal) => this.#handOver(card, code.value, seal),
				missing: "wrongCode",
				changed: () => this.#changed(meeting),
			},
			first.state,
		);
		this.#linking?.meeting.close();
		this.#linking = { meeting, code: code.value };
		this.#makesPrimary = false;
		meeting.start(first.effects);
		engine.changed();
		return ok();
	}

	async confirm(same: boolean, makePrimary: boolean): Promise<CommandResult> {
		if (this.#linking?.meeting.state.phase !== "comparing") return err({ kind: "notReady" });
		this.#makesPrimary = makePrimary;
		await this.#linking.meeting.input({ kind: "confirmed", same });
		return ok();
	}

	async cancel(): Promise<CommandResult> {
		const linking = this.#linking;
		if (linking === undefined) return ok();
		if (!linking.meeting.isOver) await linking.meeting.input({ kind: "failed", reason: "cancelled" });
		if (linking.meeting.isOver) this.#linking = undefined;
		this.#parts.engine.changed();
		return ok();
	}

	/** A device was met in the profile with a package of its own: if it is the one that is being linked, it is. */
	async arrived(device: Uint8Array): Promise<void> {
		if (this.#expected !== undefined && equalBytes(this.#expected, device))
			await this.#linking?.meeting.input({ kind: "arrived" });
	}

	/**
	 * A handover that may not have gone out before this device stopped: the same bytes again, which change nothing if they have.
	 * A new device that was left behind keeps waiting for exactly these.
	 */
	async resume(): Promise<void> {
		const { engine, account, linked } = this.#parts;
		const row = unwrapStore(await engine.store.get(keys.linking));
		const kept = row === undefined ? undefined : decodeKeptLinking(row);
		if (!kept?.ok || kept.value.side !== "existing") return;
		const code = parseLinkingCode(kept.value.code);
		invariant(code.ok, "a code was parsed before it was kept");
		// The new device's package is read behind the version that lists it: that one goes first (P2).
		await account.published();
		const { logId, appendCap } = rendezvousOf(code.value);
		const { record } = kept.value;
		const request = { logId, appendCap: revealed(appendCap), dedupeId: recordHash(record), record };
		const sent = await engine.services.call(appendRoute, request, purpose);
		if (!sent.ok && isPassing(sent.error)) return this.#retry.later();
		await this.#forgetKept();
		linked();
	}

	/**
	 * Both users have confirmed: lists the device (D1), and says what it needs to be one of the account's. List, names and the
	 * sealed handover are written together, so that no crash leaves a device that is listed and knows nothing.
	 */
	async #handOver(bytes: Bytes, code: LinkingCode, seal: SealHandover): Promise<Result<Bytes, LinkingFailure>> {
		const card = parseDeviceCard(bytes);
		if (!card.ok) return err("mismatch");
		const { account, engine, prepare, listed } = this.#parts;
		const { list } = account.keys;
		if (list.devices.length >= maxDevices) return err("tooManyDevices");
		if (list.devices.some((device) => equalBytes(device, card.value.deviceKey))) return err("mismatch");
		const { deviceKey, name } = card.value;
		const primary = this.#makesPrimary;
		await prepare();
		let record: Bytes | undefined;
		let done = (): void => undefined;
		await account.sign(
			async (_tx, before) => ({ ...before, deviceList: await listWith(before, list, deviceKey) }),
			async (tx, after) => {
				done = listed(tx, { key: deviceKey, name, primary, at: engine.clock.now() });
				record = await seal(encodeHandover(handoverOf(after, list.devices.length, primary)));
				tx.put(keys.linking, encodeKeptLinking({ side: "existing", code, record }));
			},
		);
		this.#expected = deviceKey;
		done();
		invariant(record !== undefined, "the handover was sealed with the list");
		await account.published();
		return ok(record);
	}

	#changed(meeting: Meeting): void {
		const { engine, linked } = this.#parts;
		engine.changed();
		if (!meeting.isOver || this.#linking?.meeting !== meeting) return;
		engine.background(this.#forgetKept());
		linked();
	}

	async #forgetKept(): Promise<void> {
		const tx = new StoreTransaction(this.#parts.engine.store);
		if ((await tx.get(keys.linking)) !== undefined) tx.delete(keys.linking);
		await tx.commit();
	}
}

async function listWith(account: AccountRecord, list: DeviceList, device: Bytes): Promise<Bytes> {
	invariant(account.accountSeed !== undefined, "only a primary device signs for the account (D1)");
	return (await signDeviceList(await signingKeyFromSeed(account.accountSeed), [...list.devices, device], list)).encoded;
}
