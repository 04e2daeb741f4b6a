import { type AttachEvent, attachIdleMs, ringKeptMs, type Urgency } from "@sotto/api";
import type { Bytes } from "@sotto/bytes";
import type { Clock } from "@sotto/door";

/** What the switchboard needs of a device's connection. */
export type Line = {
	readonly send: (event: AttachEvent) => void;
	/** Asks the far end's WebSocket to answer with {@link Switchboard.confirm}. */
	readonly probe: (ringsSent: number) => void;
	/** Idempotent; the line is not used afterwards. */
	readonly close: (reason: LineEnd) => void;
};
/** `replaced`: the same device attached again. `idle`: nothing was heard. */
export type LineEnd = "replaced" | "idle";

export type Ring = { readonly tag: string; readonly hint: Bytes; readonly urgency: Urgency; readonly at: number };

type Device = {
	readonly line: Line;
	heardAt: number;
	denied: ReadonlySet<string>;
	/** How many rings have gone down this line. */
	sent: number;
	/** The last of them, until the far end's WebSocket has confirmed them; they are rung again if the line breaks first. */
	unconfirmed: readonly Ring[];
};

/** Beyond this the oldest is dropped: a ring is advice, and whoever misses one reads everything (R3). */
const maxKeptPerDevice = 32;
const maxKeptDevices = 4_096;
/** A line that is quiet this long is probed, so that a dead one is noticed and what stands between keeps it open. */
const probeAfterMs = 30_000;
// Most devices deny nobody and wait for nothing: they share these.
const nobody: ReadonlySet<string> = new Set();
const nothing: readonly Ring[] = [];

/**
 * Which line belongs to which wake id, and what rang while a device was briefly away. All of it in memory: no row, no log,
 * no last-seen. Rules R1 to R3, docs/spec/rings.md.
 */
export class Switchboard {
	readonly #clock: Clock;
	readonly #devices = new Map<string, Device>();
	readonly #kept = new Map<string, readonly Ring[]>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Puts a line behind a wake id, in the place of any older one, and delivers what rang in the last two minutes. */
	attach(wakeId: string, line: Line, denied: readonly string[]): void {
		const older = this.#devices.get(wakeId);
		const waiting = [...(this.#kept.get(wakeId) ?? nothing), ...(older?.unconfirmed ?? nothing)];
		this.#kept.delete(wakeId);
		const device: Device = {
			line,
			heardAt: this.#clock.now(),
			denied: deniedSet(denied),
			sent: 0,
			unconfirmed: nothing,
		};
		this.#devices.set(wakeId, device);
		older?.line.close("replaced");
		line.send({ type: "attached" });
		for (const ring of this.#fresh(waiting)) deliver(device, ring);
	}

	/** Says which tags a device no longer honours, instead of what it said before. */
	deny(wakeId: string, line: Line, denied: readonly string[]): void {
		const device = this.#deviceOn(wakeId, line);
		if (device !== undefined) device.denied = deniedSet(denied);
	}

	heard(wakeId: string, line: Line): void {
		const device = this.#deviceOn(wakeId, line);
		if (device !== undefined) device.heardAt = this.#clock.now();
	}

	/** The far end's WebSocket has everything up to ring number `ringsSent`. */
	confirm(wakeId: string, line: Line, ringsSent: number): void {
		const device = this.#deviceOn(wakeId, line);
		if (device === undefined) return;
		const open = Math.max(0, device.sent - ringsSent);
		device.unconfirmed = open === 0 ? nothing : device.unconfirmed.slice(-open);
	}

	/** The line is gone. What was not confirmed waits for the device to come back. */
	detach(wakeId: string, line: Line): void {
		const device = this.#deviceOn(wakeId, line);
		if (device === undefined) return;
		this.#devices.delete(wakeId);
		if (device.unconfirmed.length > 0) this.#keep(wakeId, device.unconfirmed);
	}

	/**
	 * Rings a device, or keeps the ring for two minutes if it is away; drops it if the device denies the tag. Says nothing,
	 * so that the answer to whoever rang cannot depend on it.
	 */
	ring(wakeId: string, ring: Omit<Ring, "at">): void {
		const dated = { ...ring, at: this.#clock.now() };
		const device = this.#devices.get(wakeId);
		if (device === undefined) this.#keep(wakeId, [dated]);
		else deliver(device, dated);
	}

	/** Closes idle lines, probes quiet ones, forgets old rings. To be called every few seconds. */
	tick(): void {
		const now = this.#clock.now();
		for (const [wakeId, device] of this.#devices) {
			const quietMs = now - device.heardAt;
			if (quietMs > attachIdleMs) {
				this.detach(wakeId, device.line);
				device.line.close("idle");
			} else if (quietMs > probeAfterMs) device.line.probe(device.sent);
		}
		for (const [wakeId, rings] of this.#kept) {
			const fresh = this.#fresh(rings);
			if (fresh.length === 0) this.#kept.delete(wakeId);
			else if (fresh.length < rings.length) this.#kept.set(wakeId, fresh);
		}
	}

	/** Sums: devices on a line, and devices away for which something waits. */
	count(): { readonly attached: number; readonly awaited: number } {
		return { attached: this.#devices.size, awaited: this.#kept.size };
	}

	#deviceOn(wakeId: string, line: Line): Device | undefined {
		const device = this.#devices.get(wakeId);
		return device?.line === line ? device : undefined;
	}

	#keep(wakeId: string, rings: readonly Ring[]): void {
		const kept = [...(this.#kept.get(wakeId) ?? nothing), ...rings].slice(-maxKeptPerDevice);
		this.#kept.delete(wakeId);
		const oldest = this.#kept.size >= maxKeptDevices ? this.#kept.keys().next().value : undefined;
		if (oldest !== undefined) this.#kept.delete(oldest);
		this.#kept.set(wakeId, kept);
	}

	#fresh(rings: readonly Ring[]): readonly Ring[] {
		const now = this.#clock.now();
		return rings.filter(({ at }) => now - at < ringKeptMs);
	}
}

function deliver(device: Device, ring: Ring): void {
	if (device.denied.has(ring.tag)) return;
	device.line.send({ type: "ring", hint: ring.hint, urgency: ring.urgency });
	device.sent++;
	device.unconfirmed = [...device.unconfirmed, ring].slice(-maxKeptPerDevice);
	device.line.probe(device.sent);
}

function deniedSet(denied: readonly string[]): ReadonlySet<string> {
	return denied.length === 0 ? nobody : new Set(denied);
}
