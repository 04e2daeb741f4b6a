import { clearLine, type LinePlan, type LineState } from "./line.ts";

export type Condition = {
	readonly name: string;
	/** Of Ada's line, either way; Bob's is a good one. */
	readonly plan: LinePlan;
	/** How long it is measured, and how long before nothing is counted. */
	readonly seconds: number;
	readonly settleSeconds: number;
};

/** A home line: what every condition has besides its own. */
const ordinary: LineState = { ...clearLine, delayMs: 20, jitterMs: 4 };
/** As much as home routers keep. */
const queueMs = 250;

const steady = (name: string, state: Partial<LineState>): Condition => ({
	name,
	plan: [{ fromMs: 0, state: { ...ordinary, ...state } }],
	seconds: 12,
	settleSeconds: 5,
});

const rate = (kbps: number): LineState => ({ ...ordinary, bitsPerSecond: kbps * 1_000, queueMs });

export const conditions: readonly Condition[] = [
	...[0, 2, 5, 10, 20].map((percent) => steady(`loss ${percent} %`, { loss: percent / 100 })),
	...[50, 150, 300].map((delayMs) => steady(`delay ${delayMs} ms`, { delayMs, jitterMs: delayMs / 10 })),
	...[3_000, 1_000, 500, 300, 150].map((kbps) => steady(`rate ${kbps} kb/s`, rate(kbps))),
	{
		name: "step 3000, 300, 3000 kb/s",
		plan: [
			{ fromMs: 0, state: rate(3_000) },
			{ fromMs: 10_000, state: rate(300) },
			{ fromMs: 20_000, state: rate(3_000) },
		],
		seconds: 25,
		settleSeconds: 5,
	},
];
