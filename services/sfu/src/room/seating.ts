/**
 * How many seats a participant is offered. Few at first, because each costs its browser some milliseconds and a call of two
 * needs one; more before they are needed, by another offer on the same connection, so that nobody who joins waits for
 * anybody's renegotiation.
 */
const seatClasses = [3, 7, 15, 31] as const;

/** With fewer free seats than this, more are offered. */
const leastFree = 2;

/** The seats to offer to somebody who has `occupants` others to see; at most `most`. */
export function seatsAhead(occupants: number, most: number): number {
	const enough = seatClasses.find((seats) => seats - occupants >= leastFree) ?? most;
	return Math.min(enough, most);
}
