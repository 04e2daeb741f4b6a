/** What a room negotiates (docs/spec/media.md): the sfu offers, so these hold in every connection. */
export const payloadTypes = { vp9: 96, vp8: 98, opus: 111 } as const;

/** The m-lines that go up. Seat n comes down on `a<n>` and `v<n>`. */
export const uplinkMids = { audio: "ua", camera: "uv" } as const;

export const soundClockRate = 48_000;
export const pictureClockRate = 90_000;
/** One frame of sound every 20 ms, whatever is said. */
export const soundPaceMs = 20;
export const samplesPerFrame = (soundClockRate * soundPaceMs) / 1000;

/** The seat whose sound an m-line carries, or undefined. */
export function seatOfSound(mid: string): number | undefined {
	const match = /^a(\d{1,2})$/.exec(mid);
	return match === null ? undefined : Number(match[1]);
}
