import { type Bytes, bytesToHex } from "@sotto/bytes";

/** What a roster entry says (K4), as its author put it and the engine sealed and signed it. */
export type RosterEntry = {
	readonly participantId: Bytes;
	readonly m: number;
	readonly supersedes: Bytes | undefined;
	/** By stream, as they stood 5 s ago. */
	readonly counters: readonly number[];
	/** The participants that its author sees. */
	readonly seen: readonly Bytes[];
};

/** An entry whose seal and signature the engine has checked: who wrote it, by its leaf in the group. */
export type CheckedEntry<Person> = RosterEntry & { readonly person: Person; readonly leaf: number };

/** Entries go out at this pace at least; to a newcomer at once. */
export const rosterPaceMs = 10_000;

export type RosterVerdict =
	| { readonly kind: "authorize"; readonly entry: RosterEntry; readonly revoke: readonly Bytes[] }
	| { readonly kind: "refuse"; readonly reason: "superseded" | "otherLeaf" | "doesNotSeeUs" };

/**
 * Who is who in a room, as the signed entries say, for one call. Kept over rejoins: a superseded participant id stays refused
 * for the whole call, or recorded words could be played again (K4).
 */
export class Roster<Person> {
	readonly #byId = new Map<string, { readonly id: Bytes; readonly leaf: number; readonly person: Person }>();
	/** By participant id, the leaves that have given it up. Another leaf's word about it counts for nothing. */
	readonly #superseded = new Map<string, Set<number>>();

	/** Judges a checked entry. `own` is our participant id at the moment. */
	judge(entry: CheckedEntry<Person>, own: Bytes): RosterVerdict {
		const id = bytesToHex(entry.participantId);
		const known = this.#byId.get(id);
		if (known !== undefined && known.leaf !== entry.leaf) return { kind: "refuse", reason: "otherLeaf" };
		if (this.#superseded.get(id)?.has(entry.leaf)) return { kind: "refuse", reason: "superseded" };
		// An entry made before we came may be one that the sfu kept: it vouches for nobody here.
		if (!entry.seen.some((seen) => bytesToHex(seen) === bytesToHex(own)))
			return { kind: "refuse", reason: "doesNotSeeUs" };
		// Whoever has a new participant id has left the old one, whether it says so or not.
		const revoke = [...this.#byId].filter(([other, { leaf }]) => leaf === entry.leaf && other !== id);
		if (entry.supersedes !== undefined && bytesToHex(entry.supersedes) !== id)
			this.#giveUp(bytesToHex(entry.supersedes), entry.leaf);
		for (const [other] of revoke) {
			this.#giveUp(other, entry.leaf);
			this.#byId.delete(other);
		}
		this.#byId.set(id, { id: entry.participantId, leaf: entry.leaf, person: entry.person });
		return { kind: "authorize", entry, revoke: revoke.map(([, old]) => old.id) };
	}

	#giveUp(id: string, leaf: number): void {
		const leaves = this.#superseded.get(id) ?? new Set();
		this.#superseded.set(id, leaves.add(leaf));
	}

	personOf(participantId: Bytes): Person | undefined {
		return this.#byId.get(bytesToHex(participantId))?.person;
	}
}
