import { seeded } from "../seeded.ts";
import { diceOf, type OffenceKind, type Plan, type Step } from "./plan.ts";
import { calm } from "./wire.ts";

const kinds: readonly OffenceKind[] = [
	"commit",
	"commit",
	"commit",
	"strand",
	"strand",
	"lie",
	"noise",
	"replay",
	"reseal",
	"reseal",
	"welcome",
	"flood",
	"storm",
];

/** The same world with an evil member in it, who is not the first of its people, and mostly with better weather, so that there is a group. */
export function withVillain(plan: Plan): Plan {
	const dice = diceOf(seeded(plan.seed ^ 0x71e11));
	const who = 1 + dice.upTo(plan.people - 1);
	const weather = dice.is(0.7) ? calm : plan.weather;
	const from = 20_000;
	const offences = Array.from({ length: 2 + dice.upTo(8) }, (): Step => {
		const at = from + dice.upTo(plan.endAt - from);
		const [group, whom, n] = [dice.upTo(10), dice.upTo(plan.people), dice.upTo(1_000)];
		return { at, do: "offend", who, group, whom, how: dice.pick(kinds), n };
	});
	return { ...plan, weather, steps: [...plan.steps, ...offences].toSorted((a, b) => a.at - b.at) };
}
