import { type CallEffect, callKeyToId, type RosterState } from "@sotto/protocol";
import type { GroupAt } from "../conversation-host.ts";
import type { StoreOp } from "../ports.ts";
import { type CallBase, deleteBaseOp, deleteRosterOp, putBaseOp, putRosterOp } from "./call-store.ts";

/** The callBases that this device holds (K2): taken at their position, gone with their call. */
export class CallKeys {
	readonly #bases = new Map<string, readonly CallBase[]>();

	/** Of what lay in the store, only what belongs to calls that may still go on. */
	load(bases: readonly CallBase[], held: readonly string[]): void {
		for (const base of bases.toSorted((a, b) => a.m - b.m))
			if (held.includes(base.callId)) this.#bases.set(base.callId, [...this.of(base.callId), base]);
	}

	/** Oldest first. */
	of(callId: string): readonly CallBase[] {
		return this.#bases.get(callId) ?? [];
	}

	/** `exporter("sotto call", callId, 32)` of the epoch at the position; what to write with the step. */
	async take(effect: Extract<CallEffect, { kind: "takeBase" }>, group: GroupAt, now: number): Promise<StoreOp> {
		const { callId, m, room } = effect;
		const secret = await group.exportSecret("sotto call", callKeyToId(callId), 32);
		const base: CallBase = { callId, m, room, takenAt: now, secret };
		this.#bases.set(callId, [...this.of(callId).filter((other) => other.m !== m), base]);
		return putBaseOp(base);
	}

	drop(callId: string): readonly StoreOp[] {
		const bases = this.of(callId);
		this.#bases.delete(callId);
		return [...bases.map(deleteBaseOp), deleteRosterOp(callId)];
	}

	rosterOp(roster: RosterState): StoreOp {
		return putRosterOp(roster);
	}
}
