import { type Bytes, equalBytes } from "@sotto/bytes";
import { maxDevices, staggerMs } from "@sotto/protocol";
import type { AccountKeeper } from "../account/keeper.ts";
import type { EngineContext } from "../context.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { ConversationId } from "../sdk.ts";
import type { Directory } from "../conversations/directory.ts";
import { wishForDevices } from "../groups/devices-of.ts";
import type { Purpose } from "../services/services.ts";
import { Retry } from "../services/retry.ts";
import { Serial } from "../store/serial.ts";
import { ownConversationId } from "../store/keys.ts";
import { hasDevice, type Jobs } from "./jobs.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };
/** Whoever linked a device brings it in, whoever removed it out; another one does so if that has not happened after so long. */
const othersWaitMs = 120_000;

type DevicesIn = Extract<Awaited<ReturnType<typeof wishForDevices>>, { readonly ok: true }>["value"];

export type OwnLeavesParts = {
	readonly engine: EngineContext;
	readonly account: AccountKeeper;
	readonly directory: Directory;
	/** Whether this device has promised to bring that one in, or out. */
	readonly promises: Jobs["promises"];
	/** That device offers a package: it has become one of the account's. */
	readonly met: (device: Bytes) => void;
};

/**
 * Keeps every conversation in step with the account's device list (D2): by wishes, a listed device that has no leaf there is added,
 * and one that is listed no more is removed. What is to be done is read off list and groups, so a crash, a lost race or another
 * device's having done it changes nothing.
 */
export class OwnLeaves {
	readonly #parts: OwnLeavesParts;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	#isDue = false;
	#closed = false;

	constructor(parts: OwnLeavesParts) {
		this.#parts = parts;
		const { clock, random } = parts.engine;
		this.#retry = new Retry(clock, random, () => this.look());
	}

	/** Looks soon whether a conversation is behind the list, or any. */
	look(id?: ConversationId): void {
		if (this.#isDue || this.#closed) return;
		const conversation = id === undefined ? undefined : this.#parts.directory.get(id);
		if (conversation === undefined ? this.#behind().length === 0 : !this.#isBehind(conversation)) return;
		this.#isDue = true;
		this.#parts.engine.background(
			this.#serial.run(async () => {
				this.#isDue = false;
				if (this.#closed) return;
				for (const behind of this.#behind()) await this.#takeOut(behind);
				await this.#bringIn();
			}),
		);
	}

	networkChanged(): void {
		this.#retry.now();
	}

	close(): void {
		this.#closed = true;
		this.#retry.reset();
	}

	/** The own conversation first: by it the device learns the rest. */
	#behind(): readonly Conversation[] {
		const behind = this.#parts.directory.all().filter((conversation) => this.#isBehind(conversation));
		return behind.toSorted((a, b) => Number(b.id === ownConversationId) - Number(a.id === ownConversationId));
	}

	#isBehind(conversation: Conversation): boolean {
		return this.#missingIn(conversation).length + this.#surplusIn(conversation).length > 0;
	}

	/**
	 * Devices of this account there that are listed no more. One that a newer list names than this device knows is none of them.
	 */
	#surplusIn({ held: { state, summary, wishes } }: Conversation): readonly Bytes[] {
		const { key, list } = this.#parts.account.keys;
		if (state.stop !== undefined) return [];
		const isWished = (device: Bytes) =>
			wishes.some(({ stored: { wish } }) => wish.kind === "deviceOut" && equalBytes(wish.device, device));
		return summary.members
			.filter((member) => equalBytes(member.account, key) && member.list <= list.version)
			.map(({ device }) => device)
			.filter((device) => !list.devices.some((listed) => equalBytes(listed, device)) && !isWished(device));
	}

	async #takeOut(conversation: Conversation): Promise<void> {
		const { account, promises } = this.#parts;
		const surplus = this.#surplusIn(conversation);
		const wishes = surplus.map((device) => ({ kind: "deviceOut" as const, account: account.keys.key, device }));
		const isPromised = surplus.some((device) => promises("removeDevice", device));
		if (wishes.length > 0) await conversation.wish(wishes, { notBefore: this.#notBefore(conversation, isPromised) });
	}

	/**
	 * Where the other side has not accepted yet nobody is added: of two groups that are begun at once one is left (C10), and only
	 * this device knows of both.
	 */
	#missingIn(conversation: Conversation): readonly Bytes[] {
		const { state, wishes } = conversation.held;
		const { key, list } = this.#parts.account.keys;
		if (state.stop !== undefined || !state.heard) return [];
		const isWished = wishes.some(({ stored: { wish } }) => wish.kind === "devicesIn" && equalBytes(wish.account, key));
		return isWished ? [] : list.devices.filter((device) => !hasDevice(conversation, device));
	}

	async #bringIn(): Promise<void> {
		const { engine, account } = this.#parts;
		const behind = this.#behind().filter((conversation) => this.#missingIn(conversation).length > 0);
		if (behind.length === 0) return;
		const { logId, readCap } = account.record.profile;
		const { number } = account.record.version;
		const whose = { account: account.keys.key, version: number, profile: { logId, readCap, k: account.keys.k } };
		const wish = await wishForDevices(engine, whose, purpose);
		if (this.#closed) return;
		if (!wish.ok) return this.#retry.later();
		let isComplete = true;
		for (const conversation of behind) {
			const missing = this.#missingIn(conversation);
			const offered = missing.filter((device) => wish.value.devices.some((one) => equalBytes(one.device, device)));
			// A device that has just been linked has yet to publish its package.
			if (missing.some((device) => !offered.includes(device) && this.#parts.promises("addDevice", device)))
				isComplete = false;
			for (const device of offered) this.#parts.met(device);
			if (offered.length > 0) await this.#wish(conversation, wish.value, offered);
		}
		if (isComplete) this.#retry.reset();
		else this.#retry.later();
	}

	async #wish(conversation: Conversation, wish: DevicesIn, missing: readonly Bytes[]): Promise<void> {
		const { list } = this.#parts.account.keys;
		const devices = wish.devices.filter(({ device }) => list.devices.some((listed) => equalBytes(listed, device)));
		const ringAddress = missing.map((device) => this.#ringAddressOf(device)).find((address) => address !== undefined);
		const { ringAddress: _, ...mailbox } = wish.letterTo;
		const letterTo = { ...mailbox, ...(ringAddress && { ringAddress }) };
		const isPromised = missing.some((device) => this.#parts.promises("addDevice", device));
		await conversation.wish([{ ...wish, devices, letterTo }], { notBefore: this.#notBefore(conversation, isPromised) });
	}

	/** C11: at once if nobody else could, or this device has promised it. */
	#notBefore(conversation: Conversation, isPromised: boolean): number {
		const { account, engine } = this.#parts;
		const able = account.keys.list.devices.filter((device) => hasDevice(conversation, device)).length;
		if (able < 2 || isPromised) return 0;
		const chance = new DataView(engine.random(4).buffer).getUint32(0) / 2 ** 32;
		return Math.round(engine.clock.now() + othersWaitMs + chance * staggerMs(Math.min(able, maxDevices)));
	}

	/** By which an own device is rung: what it said in the own conversation, because nobody else knows it yet. */
	#ringAddressOf(device: Bytes): Bytes | undefined {
		const own = this.#parts.directory.get(ownConversationId)?.held;
		const leaf = own?.summary.members.find((member) => equalBytes(member.device, device))?.leaf;
		return leaf === undefined ? undefined : own?.ringAddresses.get(leaf);
	}
}
