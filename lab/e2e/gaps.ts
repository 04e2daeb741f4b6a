/** One look at a decoder: which look, when, which connection and m-line, samples played that came over the line, energy. */
type Look = readonly [look: number, at: number, stream: string, fresh: number, energy: number];

// Looks at every decoder of the page each 50 ms, from now on; less often where the machine is busy.
const watchInPage = `() => {
	const looks = (window.testLooks = []);
	let count = 0;
	const look = async () => {
		count++;
		for (const [index, connection] of window.testConnections.entries()) {
			if (connection.connectionState !== "connected") continue;
			for (const entry of (await connection.getStats()).values())
				if (entry.type === "inbound-rtp" && entry.kind === "audio")
					looks.push([count, performance.now(), index + " " + entry.mid, entry.totalSamplesReceived - entry.concealedSamples, entry.totalAudioEnergy]);
		}
		setTimeout(look, 50);
	};
	void look();
}`;

/** Runs an expression in a page that was opened with `mediaWatch`. */
type Evaluate = (expression: string) => Promise<unknown>;

export async function watchDecoders(evaluate: Evaluate): Promise<void> {
	await evaluate(`(${watchInPage})()`);
}

/** Below this energy since the watch began, a decoder has played silence: the stream of somebody who is muted. */
const audible = 0.0005;
const samplesPerMs = 48;

/**
 * The longest time, in ms, for which nothing that came over the line was played, by any decoder that ever sounded: what a listener
 * misses, wherever it comes from. Counted in samples, so that a page that could look only seldom is not taken for a silent one.
 */
export async function longestGap(evaluate: Evaluate): Promise<number> {
	const looks = JSON.parse((await evaluate("JSON.stringify(window.testLooks)")) as string) as Look[];
	const streams = Map.groupBy(looks, ([, , stream]) => stream);
	const sounding = new Set(
		[...streams].flatMap(([stream, all]) => ((all.at(-1)?.[4] ?? 0) - (all[0]?.[4] ?? 0) > audible ? [stream] : [])),
	);
	const before = new Map<string, number>();
	let [longest, missed, lastAt] = [0, 0, looks[0]?.[1] ?? 0];
	for (const entries of Map.groupBy(looks, ([look]) => look).values()) {
		const at = entries[0]?.[1] ?? lastAt;
		const played = entries.map(([, , stream, fresh]) => {
			const came = sounding.has(stream) ? fresh - (before.get(stream) ?? fresh) : 0;
			before.set(stream, fresh);
			return came / samplesPerMs;
		});
		const missing = at - lastAt - Math.max(0, ...played);
		// More than half of it was there: what was missing before has ended.
		missed = missing > (at - lastAt) / 2 ? missed + missing : 0;
		longest = Math.max(longest, missed);
		lastAt = at;
	}
	return Math.round(longest);
}
