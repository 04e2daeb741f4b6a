/** Whose line is weak, as a person would say it: what is heard with gaps for some seconds, until it is heard well for longer. */

/** What was measured of a second. Shares from 0 to 1. */
export type LineSecond = {
	/** Missing at the room of one's own sound, what was sent again counted as come; undefined while it has not said so. */
	readonly sentLoss: number | undefined;
	readonly roundTripMs: number | undefined;
	readonly heard: readonly HeardSound[];
};
export type HeardSound = {
	readonly participantId: string;
	/** How much of what was played the decoder made up, because it did not come in time. */
	readonly madeUp: number;
	/** It says of itself that its line is weak: gaps in its sound tell nothing of ours. */
	readonly saysWeak: boolean;
};

/** How far a line is on its way to being called weak, or good again. */
type Standing = { readonly isWeak: boolean; readonly troubled: number; readonly calm: number };

export type WeakLines = {
	readonly sending: Standing;
	readonly hearing: Standing;
	readonly others: ReadonlyMap<string, Standing>;
};

const wellSoFar: Standing = { isWeak: false, troubled: 0, calm: 0 };
export const noWeakLines: WeakLines = { sending: wellSoFar, hearing: wellSoFar, others: new Map() };

/** A syllable in two seconds: below that nobody minds. */
const troubledShare = 0.06;
/** People begin to talk into each other. */
const troubledRoundTripMs = 700;
/** Seconds of trouble, a calm one taking one back, before a line is called weak; calm seconds in a row before it is good again. */
const secondsToWeak = { sending: 3, hearing: 6 } as const;
const secondsToGood = 8;

/**
 * Takes one more second into account. Each knows its own way up from the room's reports and says when it is weak; what still comes
 * with gaps from somebody who does not say so is lost on our own way down. With several others most of them have to come with gaps:
 * from one alone of them, it is their line. Hearing takes longer to be called weak than sending, so that who speaks is first to say it.
 */
export function stepWeakLines(before: WeakLines, { sentLoss = 0, roundTripMs = 0, heard }: LineSecond): WeakLines {
	const quiet = heard.filter(({ saysWeak }) => !saysWeak);
	const broken = quiet.filter(({ madeUp }) => madeUp > troubledShare);
	const isOurs = broken.length * 2 > quiet.length;
	const others = heard.map(({ participantId, madeUp }) => {
		const standing = before.others.get(participantId) ?? wellSoFar;
		return [participantId, step(standing, !isOurs && madeUp > troubledShare, secondsToWeak.hearing)] as const;
	});
	return {
		sending: step(before.sending, sentLoss > troubledShare || roundTripMs > troubledRoundTripMs, secondsToWeak.sending),
		hearing: step(before.hearing, isOurs, secondsToWeak.hearing),
		others: new Map(others),
	};
}

function step({ isWeak, troubled, calm }: Standing, isTroubled: boolean, toWeak: number): Standing {
	const next = isTroubled ? Math.min(toWeak, troubled + 1) : Math.max(0, troubled - 1);
	const rested = isTroubled ? 0 : calm + 1;
	if (isWeak) return rested >= secondsToGood ? wellSoFar : { isWeak, troubled: next, calm: rested };
	return { isWeak: next >= toWeak, troubled: next, calm: 0 };
}

/** One's own line, either way. */
export function isOwnWeak({ sending, hearing }: WeakLines): boolean {
	return sending.isWeak || hearing.isWeak;
}

/** Whether somebody's sound comes with gaps though ours is a good line. */
export function isOtherWeak({ others }: WeakLines, participantId: string): boolean {
	return others.get(participantId)?.isWeak ?? false;
}
