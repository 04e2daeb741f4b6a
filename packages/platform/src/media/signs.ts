import type { NumberedReaction, RosterEntry, Signs } from "./roster.ts";

/** How long a reaction is sent with our entries, for those whose channel was slow, and how long it is shown. */
const reactionMs = 5_000;
/** At most so many reactions in one of these seconds; the rest are not sent. */
const reactionsPerSecond = 3;
const maxReactions = 8;
const maxEmojiLength = 32;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Whether `text` is one emoji, and not words or a picture made of many. */
export function isEmoji(text: string): boolean {
	if (text.length === 0 || text.length > maxEmojiLength) return false;
	return [...graphemes.segment(text)].length === 1 && /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(text);
}

/** What this device says of itself, as its roster entries carry it. */
export class OwnSigns {
	#count = 0;
	#reactions: readonly (NumberedReaction & { readonly at: number })[] = [];
	#reacted = 0;

	/** A reaction to be sent now: which of ours it is; undefined if it is none, or one too many. */
	react(emoji: string, now: number): number | undefined {
		const recent = this.#reactions.filter(({ at }) => now - at < 1_000);
		if (!isEmoji(emoji) || recent.length >= reactionsPerSecond) return undefined;
		this.#reactions = [...this.#reactions, { n: ++this.#reacted, emoji, at: now }];
		return this.#reacted;
	}

	/** The next entry's part: each call counts on. */
	next(signs: Signs, now: number): Pick<RosterEntry, "count" | "signs" | "reactions"> {
		this.#reactions = this.#reactions.filter(({ at }) => now - at < reactionMs).slice(-maxReactions);
		return { count: ++this.#count, signs, reactions: this.#reactions.map(({ n, emoji }) => ({ n, emoji })) };
	}
}

/** A reaction as it is shown. `at` is when it arrived here. */
export type ShownReaction = {
	readonly id: string;
	/** Undefined: one's own. */
	readonly participantId: string | undefined;
	readonly emoji: string;
	readonly at: number;
};

/** What the others say of themselves. Their entries were checked, and are newer than those before them. */
export class OtherSigns {
	readonly #signs = new Map<string, Signs>();
	readonly #lastReaction = new Map<string, number>();
	#shown: readonly ShownReaction[] = [];

	/** `now` in ms since 1970. */
	take(participantId: string, entry: Pick<RosterEntry, "signs" | "reactions">, now: number): void {
		this.#signs.set(participantId, entry.signs);
		for (const { n, emoji } of entry.reactions.slice(-maxReactions))
			if (n > (this.#lastReaction.get(participantId) ?? 0) && isEmoji(emoji)) {
				this.#lastReaction.set(participantId, n);
				this.#show(participantId, n, emoji, now);
			}
	}

	/** One's own, the `n`th of them, is shown too. */
	showOwn(n: number, emoji: string, now: number): void {
		this.#show(undefined, n, emoji, now);
	}

	#show(participantId: string | undefined, n: number, emoji: string, now: number): void {
		const id = `${participantId ?? "own"}:${n}`;
		this.#shown = [...this.#shown, { id, participantId, emoji, at: now }].slice(-64);
	}

	signsOf(participantId: string): Signs | undefined {
		return this.#signs.get(participantId);
	}

	/** Those of the last seconds, oldest first; the same list as long as nothing changed. */
	reactions(now: number): readonly ShownReaction[] {
		if (this.#shown.some(({ at }) => now - at >= reactionMs))
			this.#shown = this.#shown.filter(({ at }) => now - at < reactionMs);
		return this.#shown;
	}
}
