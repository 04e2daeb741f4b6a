import { notifierKeyRoute } from "@sotto/api";
import { type Bytes, err, ok, type Result, Secret } from "@sotto/bytes";
import { generateHpkeKeyPair, signingKeyFromSeed } from "@sotto/crypto";
import {
	encodeDeviceCard,
	linkingCode,
	type LinkingCode,
	type LinkingFailure,
	type LinkingState,
	parseDeviceList,
	parseHandover,
	parseLinkingCode,
	rendezvousOf,
	resumeNewDevice,
	startNewDevice,
} from "@sotto/protocol";
import { accountFromHandover, isListedAt } from "../account/handover.ts";
import { AccountKeeper } from "../account/keeper.ts";
import type { EngineContext } from "../context.ts";
import type { CommandResult, LinkingView } from "../sdk.ts";
import { commandErrorOf, type Purpose } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { unwrapStore } from "../store/transaction.ts";
import { encodeEntry } from "../sync/shared.ts";
import { deviceRegister, encodeDeviceInfo } from "./device-info.ts";
import { decodeKeptLinking, encodeKeptLinking, type KeptLinking } from "./kept-linking.ts";
import { linkingView } from "./linking-view.ts";
import { Meeting } from "./meeting.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };

type Own = {
	readonly code: LinkingCode;
	readonly home: string;
	readonly deviceName: string;
	readonly deviceSeed: Secret;
	readonly notifierKey: Bytes;
};

/** A device without an account that is being linked to one (D2), up to where it is one of the account's. */
export class NewDevice {
	readonly #engine: EngineContext;
	readonly #own: Own;
	readonly #meeting: Meeting;
	readonly #adopted: (account: AccountKeeper) => Promise<void>;

	private constructor(
		engine: EngineContext,
		own: Own,
		card: Bytes,
		state: LinkingState,
		adopted: (account: AccountKeeper) => Promise<void>,
	) {
		this.#engine = engine;
		this.#own = own;
		this.#adopted = adopted;
		const side = {
			card,
			keep: (record: Bytes, at: LinkingState) => this.#keep(record, at),
			adopt: (handover: Bytes) => this.#adopt(handover),
			missing: "cancelled" as const,
			changed: () => this.#changed(),
		};
		this.#meeting = new Meeting(engine, rendezvousOf(own.code), side, state);
	}

	/** Makes a code and shows it. */
	static async begin(
		engine: EngineContext,
		input: { readonly home: string; readonly deviceName: string },
		adopted: (account: AccountKeeper) => Promise<void>,
	): Promise<CommandResult<NewDevice>> {
		// Also the proof that a server of ours answers there, before anything is shown.
		const notifier = await engine.services.call(notifierKeyRoute, {}, purpose);
		if (!notifier.ok) return err(commandErrorOf(notifier.error));
		const { publicKey: notifierKey } = notifier.value;
		const deviceSeed = new Secret(engine.random(32));
		const own: Own = { ...input, code: linkingCode(engine.random(9)), deviceSeed, notifierKey };
		const { logId } = rendezvousOf(own.code);
		const { clock, random } = engine;
		const first = startNewDevice(
			{ logId, nonce: random(32), name: input.deviceName, now: clock.now() },
			await generateHpkeKeyPair("X-Wing"),
		);
		const device = new NewDevice(engine, own, await cardOf(own), first.state, adopted);
		const opened = await device.#meeting.open();
		if (!opened.ok) return err(commandErrorOf(opened.error));
		device.#meeting.start(first.effects);
		return ok(device);
	}

	/** Goes on with what a restart interrupted after the user's word; undefined if there is nothing. */
	static async resume(
		engine: EngineContext,
		adopted: (account: AccountKeeper) => Promise<void>,
	): Promise<NewDevice | undefined> {
		const row = unwrapStore(await engine.store.get(keys.linking));
		const kept = row === undefined ? undefined : decodeKeptLinking(row);
		if (!kept?.ok || kept.value.side !== "new") return undefined;
		if (engine.clock.now() > kept.value.expiresAt) {
			unwrapStore(await engine.store.write([{ op: "delete", key: keys.linking }]));
			return undefined;
		}
		const { digits, otherName, fromNew, fromExisting, expiresAt } = kept.value;
		const code = parseLinkingCode(kept.value.code);
		if (!code.ok) return undefined;
		const own: Own = { ...kept.value, code: code.value };
		const { logId } = rendezvousOf(own.code);
		const state = resumeNewDevice({ logId, expiresAt, digits, otherName, keys: { fromNew, fromExisting } });
		const device = new NewDevice(engine, own, await cardOf(own), state, adopted);
		device.#meeting.resume(kept.value.record);
		return device;
	}

	get home(): string {
		return this.#own.home;
	}

	get isOver(): boolean {
		return this.#meeting.isOver;
	}

	view(): LinkingView {
		return linkingView(this.#meeting.state, this.#own.code, this.#own.home);
	}

	async confirm(same: boolean): Promise<CommandResult> {
		if (this.#meeting.state.phase !== "comparing") return err({ kind: "notReady" });
		await this.#meeting.input({ kind: "confirmed", same });
		return ok();
	}

	async cancel(): Promise<void> {
		if (!this.#meeting.isOver) await this.#meeting.input({ kind: "failed", reason: "cancelled" });
	}

	close(): void {
		this.#meeting.close();
	}

	/** From the user's word on, the other side may list this device: a restart goes on with the same key and bytes. */
	async #keep(record: Bytes, state: LinkingState): Promise<void> {
		if (state.phase !== "comparing") return;
		const { digits, otherName, keys: channel, own } = state;
		const { expiresAt } = own;
		const kept: KeptLinking = { side: "new", ...ownOf(this.#own), record, digits, otherName, ...channel, expiresAt };
		unwrapStore(await this.#engine.store.write([{ op: "put", key: keys.linking, value: encodeKeptLinking(kept) }]));
	}

	/** Becomes a device of the account: everything in one transaction. */
	async #adopt(bytes: Bytes): Promise<Result<void, LinkingFailure>> {
		const { random, clock } = this.#engine;
		const handover = parseHandover(bytes);
		const list = handover.ok ? await parseDeviceList(handover.value.deviceList) : undefined;
		const { deviceSeed, home, notifierKey } = this.#own;
		const { publicKey } = await signingKeyFromSeed(deviceSeed);
		if (!handover.ok || !list?.ok || !isListedAt(list.value, handover.value.place, publicKey)) return err("mismatch");
		const own = { home, deviceSeed, notifierKey, random, now: clock.now() };
		const record = await accountFromHandover(handover.value, own);
		const primary = record.accountSeed !== undefined;
		const value = encodeDeviceInfo({ v: 1, name: this.#own.deviceName, linkedAt: own.now, primary });
		const entry = { key: deviceRegister(publicKey), value, rank: own.now, by: publicKey };
		const account = await AccountKeeper.enter(this.#engine, record, [
			{ op: "delete", key: keys.linking },
			{ op: "put", key: keys.sync(entry.key), value: encodeEntry(entry) },
		]);
		await this.#adopted(account);
		return ok();
	}

	#changed(): void {
		const { state } = this.#meeting;
		if (state.phase === "failed")
			this.#engine.background(this.#engine.store.write([{ op: "delete", key: keys.linking }]).then(unwrapStore));
		this.#engine.changed();
	}
}

/** What is kept of it: exactly these. */
function ownOf({ code, home, deviceName, deviceSeed, notifierKey }: Own): Own {
	return { code, home, deviceName, deviceSeed, notifierKey };
}

async function cardOf({ deviceName, deviceSeed }: Own): Promise<Bytes> {
	const { publicKey } = await signingKeyFromSeed(deviceSeed);
	return encodeDeviceCard({ v: 1, deviceKey: publicKey, name: deviceName });
}
