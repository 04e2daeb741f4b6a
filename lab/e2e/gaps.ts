import type { PersonPage } from "./person-page.ts";

/** One look at a decoder: which connection and m-line, samples played that came over the line, energy. */
type Look = readonly [at: number, connection: number, mid: string, fresh: number, energy: number];

// Looks at every decoder of the page each 50 ms, from now on.
const watchInPage = `() => {
	const looks = (window.testLooks = []);
	const look = async () => {
		for (const [index, connection] of window.testConnections.entries()) {
			if (connection.connectionState !== "connected") continue;
			for (const entry of (await connection.getStats()).values())
				if (entry.type === "inbound-rtp" && entry.kind === "audio")
					looks.push([performance.now(), index, entry.mid, entry.totalSamplesReceived - entry.concealedSamples, entry.totalAudioEnergy]);
		}
		setTimeout(look, 50);
	};
	void look();
}`;

export async function watchDecoders(person: PersonPage): Promise<void> {
	await person.hands.evaluate(`(${watchInPage})()`);
}

/** Below this energy since the watch began, a decoder has played silence: the stream of somebody who is muted. */
const audible = 0.0005;

/**
 * The longest time, in ms, in which no decoder that ever sounded played anything that came over the line, up to now: what a listener
 * misses, wherever it came from.
 */
export async function longestGap(person: PersonPage): Promise<number> {
	const looks = JSON.parse((await person.hands.evaluate("JSON.stringify(window.testLooks)")) as string) as Look[];
	const streams = Map.groupBy(looks, ([, connection, mid]) => `${connection} ${mid}`);
	const sounding = [...streams.values()].filter((all) => (all.at(-1)?.[4] ?? 0) - (all[0]?.[4] ?? 0) > audible);
	const heardAt = sounding.flatMap((all) =>
		all.flatMap((look, index) => (index > 0 && look[3] > (all[index - 1]?.[3] ?? 0) ? [look[0]] : [])),
	);
	const ends = [looks[0]?.[0] ?? 0, ...heardAt.toSorted((a, b) => a - b), looks.at(-1)?.[0] ?? 0];
	return Math.round(Math.max(...ends.map((at, index) => (index === 0 ? 0 : at - (ends[index - 1] ?? at)))));
}
