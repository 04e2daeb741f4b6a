import { bytesToBase64url } from "@sotto/bytes";
import { stepCalls } from "./machine.ts";
import type { CallWords } from "./messages.ts";
import {
	type CallEffect,
	type CallInput,
	type CallRecord,
	type CallState,
	initialCallState,
	ringingMs,
} from "./state.ts";

/** A conversation of some accounts, one log, and a clock per device: the machine's whole surroundings. */
export type Device = {
	/** `account`, or `account/device` for one of several. */
	readonly name: string;
	/** How far this device's clock is off, ms. */
	readonly skew: number;
	state: CallState;
	/** How many entries of the log this device has read. */
	read: number;
	atTipSince: number | undefined;
	outbox: CallWords[];
	readonly bases: Map<string, number[]>;
	readonly records: CallRecord[];
	readonly rings: string[];
	readonly said: string[];
	readonly phases: string[];
	wakeAt: number | undefined;
	probes: string[];
};

export type Entry =
	| { readonly author: string; readonly sentAt: number; readonly content: CallWords }
	| { readonly removal: boolean };

export const accountOf = ({ name }: { readonly name: string }): string => name.split("/")[0] as string;

function isDirect(world: World): boolean {
	return new Set(world.devices.map(accountOf)).size === 2;
}

export type World = { now: number; readonly log: Entry[]; readonly devices: readonly Device[]; nextCall: number };

export const conversation = "conversation";

export function createWorld(names: readonly string[], skews: readonly number[] = []): World {
	const devices = names.map((name, index) => ({
		name,
		skew: skews[index] ?? 0,
		state: initialCallState,
		read: 0,
		atTipSince: undefined,
		outbox: [],
		bases: new Map<string, number[]>(),
		records: [],
		rings: [],
		said: [],
		phases: [],
		wakeAt: undefined,
		probes: [],
	}));
	return { now: 1_000_000_000, log: [], devices, nextCall: 1 };
}

export function newCallKey(world: World): string {
	const bytes = new Uint8Array(16);
	new DataView(bytes.buffer).setUint32(0, world.nextCall++);
	return bytesToBase64url(bytes);
}

export function deviceOf(world: World, name: string): Device {
	const found = world.devices.find((device) => device.name === name);
	if (found === undefined) throw new Error(`no device ${name}`);
	return found;
}

export function give(world: World, device: Device, input: CallInput): void {
	const before = device.state.session;
	const step = stepCalls(device.state, input, world.now + device.skew);
	device.state = step.state;
	const { session } = step.state;
	if (session.phase === "ringingIn" && !(before.phase === "ringingIn" && before.callId === session.callId))
		device.rings.push(session.callId);
	if (session.phase !== before.phase) device.phases.push(session.phase);
	for (const effect of step.effects) carryOut(device, effect);
}

function carryOut(device: Device, effect: CallEffect): void {
	switch (effect.kind) {
		case "send":
			device.outbox.push(effect.content);
			return;
		case "sendText":
			device.said.push(effect.text);
			return;
		case "takeBase":
			device.bases.set(effect.callId, [...(device.bases.get(effect.callId) ?? []), effect.m]);
			return;
		case "dropBases":
			device.bases.delete(effect.callId);
			return;
		case "record":
			device.records.push(effect.record);
			return;
		case "wakeAt":
			device.wakeAt = effect.at;
			return;
		case "probe":
			device.probes.push(effect.callId);
			return;
		case "mediaChanged":
			return;
	}
}

/** What a device wrote reaches the log, in its order. */
export function flush(world: World, device: Device): void {
	for (const content of device.outbox.splice(0))
		world.log.push({ author: device.name, sentAt: world.now + device.skew, content });
}

/** Reads up to `limit` entries; at the tip the machine is told. */
export function read(world: World, device: Device, limit = Number.POSITIVE_INFINITY): void {
	const age = device.atTipSince === undefined ? undefined : world.now - device.atTipSince;
	const end = Math.min(world.log.length, device.read + limit);
	for (const entry of world.log.slice(device.read, end)) {
		device.read += 1;
		give(world, device, entryInput(world, device, entry, age));
	}
	if (device.read < world.log.length) return;
	device.atTipSince = world.now;
	give(world, device, { kind: "tip", conversation });
}

function entryInput(world: World, device: Device, entry: Entry, age: number | undefined): CallInput {
	if ("removal" in entry) return { kind: "membership", conversation, removal: entry.removal };
	const account = accountOf({ name: entry.author });
	const isMine = account === accountOf(device);
	return {
		kind: "said",
		conversation,
		direct: isDirect(world),
		people: [...new Set(world.devices.map(accountOf))].filter((other) => other !== accountOf(device)),
		author: { account, device: entry.author === device.name ? "thisDevice" : isMine ? "ownOther" : "other" },
		sentAt: entry.sentAt,
		// As the engine tells it: by how long ago this device stood at the tip, or by the author's clock.
		live: Math.min(age ?? Number.POSITIVE_INFINITY, Math.abs(world.now + device.skew - entry.sentAt)) <= ringingMs,
		content: entry.content,
	};
}

export function start(world: World, device: Device, { quiet = false } = {}): string {
	const callId = newCallKey(world);
	give(world, device, { kind: "start", conversation, callId, video: false, direct: isDirect(world), quiet });
	return callId;
}

/** Lets time pass for everybody, waking each device when it asked for it. Throws if a device spins. */
export function pass(world: World, ms: number): void {
	const end = world.now + ms;
	for (let turns = 0; turns < 20_000; turns++) {
		const due = world.devices
			.filter((device) => device.wakeAt !== undefined && device.wakeAt - device.skew <= end)
			.toSorted((a, b) => (a.wakeAt as number) - a.skew - ((b.wakeAt as number) - b.skew))[0];
		if (due === undefined) {
			world.now = end;
			return;
		}
		world.now = Math.max(world.now, (due.wakeAt as number) - due.skew);
		due.wakeAt = undefined;
		give(world, due, { kind: "wake" });
	}
	throw new Error("a device wakes without end");
}

/** Everything written is read by everybody, again and again until nobody has anything more to say. */
export function settle(world: World): void {
	for (let turns = 0; turns < 100; turns++) {
		for (const device of world.devices) flush(world, device);
		for (const device of world.devices) read(world, device);
		if (world.devices.every((device) => device.outbox.length === 0)) return;
	}
	throw new Error("the devices talk without end");
}

export function callOf(device: Device): string | undefined {
	const { session } = device.state;
	return session.phase === "idle" ? undefined : session.callId;
}

export function finalRecords(device: Device, callId: string): readonly CallRecord[] {
	return device.records.filter((record) => record.callId === callId && record.outcome !== "ongoing");
}
