import { type Bytes, encodeCbor, equalBytes, integerShape, mapShape, parseCbor } from "@sotto/bytes";
import { type AccountKey, members } from "@sotto/crypto";
import { roleOf, staggerMs } from "@sotto/protocol";
import type { EngineContext } from "../context.ts";
import type { Store } from "../ports.ts";
import type { ConversationId } from "../sdk.ts";
import { keys } from "../store/keys.ts";
import { listPrefix, StoreTransaction } from "../store/transaction.ts";
import type { ConversationCore } from "./core.ts";
import type { Draft } from "./draft.ts";
import { policyFrom } from "./seal-wishes.ts";

const dayMs = 24 * 3600_000;
/** A leaf that was not heard for so long is put out: its device can no longer read what it missed (L4). */
export const silentDays = 90;
/** So often each device shows that it follows: by a commit, if by nothing else. */
export const signOfLifeDays = 30;

const heardShape = mapShape({ day: integerShape(0, 2 ** 24) });

const dayOf = (time: number) => Math.floor(time / dayMs);

function readDay(row: Bytes | undefined): number | undefined {
	const heard = row === undefined ? undefined : parseCbor(heardShape, row);
	return heard?.ok ? heard.value.day : undefined;
}

/** A record of `leaf` counts: it is written down once a day, and nobody puts it out for its silence any more. */
export async function noteHeard(draft: Draft, leaf: number, signatureKey: Uint8Array, now: number): Promise<void> {
	const key = keys.heard(draft.id, leaf);
	const day = dayOf(now);
	if (readDay(await draft.tx.get(key)) !== day) draft.tx.put(key, encodeCbor({ day }));
	for (const { n, stored } of draft.wishes)
		if (stored.wish.kind === "silentOut" && equalBytes(stored.wish.signatureKey, signatureKey))
			draft.dropWish(n, "fulfilled");
}

/** The last day on which each leaf was heard. */
async function daysHeard(store: Store, id: ConversationId): Promise<ReadonlyMap<number, number>> {
	const prefix = keys.heardAll(id);
	const rows = await listPrefix(store, prefix);
	return new Map(
		rows.flatMap(({ key, value }) => {
			const day = readDay(value);
			return day === undefined ? [] : [[Number.parseInt(key.slice(prefix.length), 16), day] as const];
		}),
	);
}

/** Whether nothing was read in a conversation for as long as records live: what is missing there is gone for good. */
export async function wasAwayTooLong(store: Store, id: ConversationId, now: number): Promise<boolean> {
	const days = [...(await daysHeard(store, id)).values()];
	return days.length > 0 && dayOf(now) - Math.max(...days) >= silentDays;
}

/** What a look at a conversation's silence finds. */
type Silence = {
	/** Leaves that nobody has counted yet. */
	readonly unknown: readonly number[];
	/** Leaves that this device may put out. */
	readonly silent: readonly number[];
	readonly owesSign: boolean;
};

/** A clock that the server calls wrong judges nobody. */
async function silenceIn({ id, held }: ConversationCore, engine: EngineContext, own: AccountKey): Promise<Silence> {
	const { state, summary } = held;
	const isWrong = engine.services.troubles.view().some(({ kind }) => kind === "clockOff");
	if (state.stop !== undefined || isWrong) return { unknown: [], silent: [], owesSign: false };
	const today = dayOf(engine.clock.now());
	const heard = await daysHeard(engine.store, id);
	const since = (leaf: number) => today - (heard.get(leaf) ?? today);
	const policy = policyFrom(summary.policy);
	const mayEvict = policy.kind === "group" && roleOf(policy, own) === "admin";
	const others = summary.members.filter(({ account }) => mayEvict && !equalBytes(account, own));
	return {
		unknown: summary.members.flatMap(({ leaf }) => (heard.has(leaf) ? [] : [leaf])),
		silent: others.flatMap(({ leaf }) => (since(leaf) >= silentDays ? [leaf] : [])),
		owesSign: since(state.leaf) >= signOfLifeDays,
	};
}

/**
 * Looks who was silent for too long, and reads to the tip before it judges: admins of a group wish such leaves out, each after a random
 * wait (C11). Resolves to whether this device itself owes a sign of life.
 */
export async function lookForSilent(
	core: ConversationCore,
	parts: { readonly engine: EngineContext; readonly own: AccountKey; readonly readToTip: () => Promise<boolean> },
): Promise<boolean> {
	const { engine, own, readToTip } = parts;
	const first = await silenceIn(core, engine, own);
	const today = dayOf(engine.clock.now());
	// From now on they are counted: a leaf is never judged by a silence that nobody watched.
	const tx = new StoreTransaction(engine.store);
	for (const leaf of first.unknown) tx.put(keys.heard(core.id, leaf), encodeCbor({ day: today }));
	await tx.commit();
	if (!first.owesSign && first.silent.length === 0) return false;
	if (!(await readToTip())) return false;
	const { silent, owesSign } = await silenceIn(core, engine, own);
	if (silent.length > 0) await core.change(async (draft) => wishOut(draft, silent, engine));
	return owesSign;
}

function wishOut(draft: Draft, silent: readonly number[], { clock, random }: EngineContext): void {
	const able = policyFrom(draft.summary.policy).people.filter(({ role }) => role === "admin").length;
	const chance = new DataView(random(4).buffer).getUint32(0) / 2 ** 32;
	const madeAt = clock.now();
	const notBefore = Math.round(madeAt + chance * staggerMs(able));
	for (const { leaf, signatureKey } of members(draft.group)) {
		const isWished = draft.wishes.some(
			({ stored: { wish } }) => wish.kind === "silentOut" && equalBytes(wish.signatureKey, signatureKey),
		);
		if (silent.includes(leaf) && !isWished)
			draft.addWish({ wish: { kind: "silentOut", signatureKey }, notBefore, madeAt });
	}
}
