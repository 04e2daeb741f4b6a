import type { Secret } from "@sotto/bytes";
import { type CallEffect, callKeyToId, createRoster, type RosterState } from "@sotto/protocol";
import type { GroupAt } from "../conversation-host.ts";
import type { StoreOp } from "../ports.ts";
import { type CallBase, deleteBaseOp, deleteRosterOp, putBaseOp, putRosterOp } from "./call-store.ts";

/** Where keys are taken: a position of the log; on entering in mid-call, with the room that the letter told of (C1). */
export type KeyPosition = { readonly group: GroupAt; readonly toldRoom?: Secret };

/** The callBases that this device holds (K2) and the rosters verified under them: gone with their call. */
export class CallKeys {
	readonly #bases = new Map<string, readonly CallBase[]>();
	readonly #rosters = new Map<string, RosterState>();

	/** Of what lay in the store, only what belongs to calls that may still go on. */
	load(bases: readonly CallBase[], rosters: readonly RosterState[], held: readonly string[]): void {
		for (const roster of rosters) if (held.includes(roster.callId)) this.#rosters.set(roster.callId, roster);
		for (const base of bases.toSorted((a, b) => a.m - b.m))
			if (held.includes(base.callId)) this.#bases.set(base.callId, [...this.of(base.callId), base]);
	}

	/** Oldest first. */
	of(callId: string): readonly CallBase[] {
		return this.#bases.get(callId) ?? [];
	}

	/** `exporter("sotto call", callId, 32)` of the epoch at the position; what to write with the step. */
	async take(effect: Extract<CallEffect, { kind: "takeBase" }>, position: KeyPosition, now: number): Promise<StoreOp> {
		const { callId, m, room } = effect;
		const { group, toldRoom } = position;
		const secret = await group.exportSecret("sotto call", callKeyToId(callId), 32);
		const base: CallBase = { callId, m, room, takenAt: now, secret, ...(toldRoom === undefined ? {} : { toldRoom }) };
		this.#bases.set(callId, [...this.of(callId).filter((other) => other.m !== m), base]);
		return putBaseOp(base);
	}

	drop(callId: string): readonly StoreOp[] {
		const bases = this.of(callId);
		this.#bases.delete(callId);
		this.#rosters.delete(callId);
		return [...bases.map(deleteBaseOp), deleteRosterOp(callId)];
	}

	/** What is known of the call's participants (K4). */
	rosterOf(callId: string, now: number): RosterState {
		return this.#rosters.get(callId) ?? createRoster(callId, now);
	}

	/** Keeps what an entry changed; what must outlive a restart of it. */
	keepRoster(roster: RosterState): readonly StoreOp[] {
		const before = this.#rosters.get(roster.callId)?.superseded.length ?? 0;
		this.#rosters.set(roster.callId, roster);
		return roster.superseded.length === before ? [] : [putRosterOp(roster)];
	}
}
