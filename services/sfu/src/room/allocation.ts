/** One layer of a picture as it arrives at the moment. */
export type LayerState = { readonly isAlive: boolean; readonly bitsPerSecond: number };

/** A picture that a participant wants to see. */
export type Wish = {
	/** Low to high; one, if its sender has no layers. */
	readonly layers: readonly LayerState[];
	/** The highest layer that is wanted, from 1. */
	readonly most: number;
	/** The layer that is sent now; -1: none. */
	readonly current: number;
};

/** More than is sent now is begun only with this much room to spare, or a line at its limit would go to and fro. */
const headroom = 1.2;

/**
 * Which layer of each picture to send to somebody whose line takes `budget` bits per second; -1: none, for lack of room. The first
 * wishes count most: all get their lowest layer, as far as it goes, the first always; then each in turn the next one up. Where no
 * layer up to the wanted one arrives, the lowest of those that do stands in.
 */
export function allocate(wishes: readonly Wish[], budget: number): number[] {
	const ladders = wishes.map(ladderOf);
	let left = budget;
	const steps = ladders.map((ladder, place): number => {
		const lowest = ladder[0] ?? -1;
		const cost = costOf(wishes[place], lowest);
		if (place > 0 && cost > left) return -1;
		left -= cost;
		return 0;
	});
	for (let hasRisen = true; hasRisen; ) {
		hasRisen = false;
		for (const [place, step] of steps.entries()) {
			const [from, to] = [ladders[place]?.[step], ladders[place]?.[step + 1]];
			if (step < 0 || from === undefined || to === undefined) continue;
			const wish = wishes[place];
			const more = costOf(wish, to) - costOf(wish, from);
			if (more * (to > (wish?.current ?? -1) ? headroom : 1) > left) continue;
			left -= more;
			steps[place] = step + 1;
			hasRisen = true;
		}
	}
	return steps.map((step, place) => ladders[place]?.[step] ?? -1);
}

/** The layers to choose from, low to high; never empty. */
function ladderOf({ layers, most }: Wish): readonly number[] {
	const alive = layers.flatMap(({ isAlive }, index) => (isAlive ? [index] : []));
	const fitting = alive.filter((index) => index < most);
	if (fitting.length > 0) return fitting;
	return [alive[0] ?? Math.min(most, layers.length) - 1];
}

function costOf(wish: Wish | undefined, layer: number): number {
	const state = wish?.layers[layer];
	return state?.isAlive === true ? state.bitsPerSecond : 0;
}
