import { type Bytes, bytesToHex } from "@sotto/bytes";

/** What a participant says of itself besides (K4). */
export type Signs = {
	readonly muted: boolean;
	/** When the hand went up, ms since 1970 by its owner's clock; undefined while it is down. */
	readonly handRaisedAt: number | undefined;
	/** Its camera is on; its screen is shared. */
	readonly camera: boolean;
	readonly screen: boolean;
	/** Its line is weak, as measured there: see weak-line.ts. */
	readonly weakLine: boolean;
};
export type NumberedReaction = { readonly n: number; readonly emoji: string };

/** What a roster entry says (K4), as its author put it and the engine sealed and signed it. */
export type RosterEntry = {
	readonly participantId: Bytes;
	readonly m: number;
	readonly supersedes: Bytes | undefined;
	/** By stream, as they stood 5 s ago. */
	readonly counters: readonly number[];
	/** The participants that its author sees. */
	readonly seen: readonly Bytes[];
	/** Rises with each entry of a participant id. */
	readonly count: number;
	readonly signs: Signs;
	readonly reactions: readonly NumberedReaction[];
};

/** An entry whose seal and signature the engine has checked: who wrote it, by its leaf in the group. */
export type CheckedEntry<Person> = RosterEntry & { readonly person: Person; readonly leaf: number };

/** Entries go out at this pace at least; to a newcomer at once. */
export const rosterPaceMs = 10_000;
/** How long one that handed over to a new id is still heard under its old one (K5). */
export const supersededGraceMs = 5_000;

export type RosterVerdict =
	| {
			readonly kind: "authorize";
			readonly entry: RosterEntry;
			/** To be revoked and forgotten: at once, or after the handover that the entry states. */
			readonly revoke: readonly { readonly id: Bytes; readonly graceMs: number }[];
	  }
	| { readonly kind: "refuse"; readonly reason: "superseded" | "replayed" | "otherLeaf" | "doesNotSeeUs" };

/**
 * Who is who in a room, as the signed entries say, for one call. Kept over rejoins: a superseded participant id stays refused
 * for the whole call, or recorded words could be played again (K4).
 */
export class Roster<Person> {
	readonly #byId = new Map<
		string,
		{ readonly id: Bytes; readonly leaf: number; readonly person: Person; readonly count: number }
	>();
	/** By participant id, the leaves that have given it up. Another leaf's word about it counts for nothing. */
	readonly #superseded = new Map<string, Set<number>>();

	/** Judges a checked entry. `own` is our participant id at the moment. */
	judge(entry: CheckedEntry<Person>, own: Bytes): RosterVerdict {
		const id = bytesToHex(entry.participantId);
		const known = this.#byId.get(id);
		if (known !== undefined && known.leaf !== entry.leaf) return { kind: "refuse", reason: "otherLeaf" };
		if (this.#superseded.get(id)?.has(entry.leaf)) return { kind: "refuse", reason: "superseded" };
		if (known !== undefined && entry.count <= known.count) return { kind: "refuse", reason: "replayed" };
		// An entry made before we came may be one that the sfu kept: it vouches for nobody here.
		if (!entry.seen.some((seen) => bytesToHex(seen) === bytesToHex(own)))
			return { kind: "refuse", reason: "doesNotSeeUs" };
		// Whoever has a new participant id has left the old one, whether it says so or not.
		const named = entry.supersedes === undefined ? undefined : bytesToHex(entry.supersedes);
		const isNew = ([other, { leaf }]: readonly [string, { readonly leaf: number }]) =>
			leaf === entry.leaf && other !== id && this.#superseded.get(other)?.has(leaf) !== true;
		const revoke = [...this.#byId]
			.filter(isNew)
			.map(([other, old]) => ({ id: old.id, graceMs: other === named ? supersededGraceMs : 0 }));
		if (named !== undefined && named !== id) this.#giveUp(named, entry.leaf);
		for (const old of revoke) this.#giveUp(bytesToHex(old.id), entry.leaf);
		const { leaf, person, count } = entry;
		this.#byId.set(id, { id: entry.participantId, leaf, person, count });
		return { kind: "authorize", entry, revoke };
	}

	/** The end of what {@link judge} said to revoke. */
	forget(participantId: Bytes): void {
		this.#byId.delete(bytesToHex(participantId));
	}

	/** Its device goes by another id now, or soon will (K5). */
	isSuperseded(participantId: Bytes): boolean {
		const leaf = this.leafOf(participantId);
		return leaf !== undefined && this.#superseded.get(bytesToHex(participantId))?.has(leaf) === true;
	}

	leafOf(participantId: Bytes): number | undefined {
		return this.#byId.get(bytesToHex(participantId))?.leaf;
	}

	#giveUp(id: string, leaf: number): void {
		const leaves = this.#superseded.get(id) ?? new Set();
		this.#superseded.set(id, leaves.add(leaf));
	}

	personOf(participantId: Bytes): Person | undefined {
		return this.#byId.get(bytesToHex(participantId))?.person;
	}
}
