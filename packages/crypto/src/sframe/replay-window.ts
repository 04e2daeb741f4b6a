/** How far below the highest counter a frame may still arrive. */
export const replayWindowLength = 1024;

/** Which counters of one key were opened (RFC 9605 9.3). A counter opens one frame at most, however they are reordered. */
export type ReplayWindow = {
	/** Whether a frame with this counter may still be opened. */
	readonly admits: (counter: number) => boolean;
	/** Marks a counter as opened. False if it was already, or has fallen out of the window, meanwhile. */
	readonly take: (counter: number) => boolean;
	/** Refuses everything below `counter` from now on. */
	readonly refuseBelow: (counter: number) => void;
	/** -1 before the first. */
	readonly highest: () => number;
};

export function createReplayWindow(): ReplayWindow {
	const seen = new Uint8Array(replayWindowLength);
	let highest = -1;
	let floor = 0;
	const admits = (counter: number): boolean => {
		if (counter < floor || counter <= highest - replayWindowLength) return false;
		return counter > highest || seen[counter % replayWindowLength] === 0;
	};
	const take = (counter: number): boolean => {
		if (!admits(counter)) return false;
		// Places between the old and the new highest now stand for counters not yet seen.
		const forgotten = Math.min(counter - highest, replayWindowLength);
		for (let i = 0; i < forgotten && counter > highest; i++) seen[(counter - i) % replayWindowLength] = 0;
		if (counter > highest) highest = counter;
		seen[counter % replayWindowLength] = 1;
		return true;
	};
	const refuseBelow = (counter: number): void => {
		floor = Math.max(floor, counter);
	};
	return { admits, take, refuseBelow, highest: () => highest };
}
