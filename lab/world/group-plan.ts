import { seeded } from "../seeded.ts";
import { type Dice, diceOf, faultsOf, type GroupAct, type Plan, rulesOf, type Step, weatherOf } from "./plan.ts";

/**
 * The plan of a seed with groups: few people who know the first of them, and some each other; groups that people are added to and
 * removed from, leave and come back to, by one admin or two at once; and whatever else befalls them. A group's founder is never
 * out, because its screen is the truth for the others'.
 */
export function groupPlanOf(seed: number): Plan {
	const dice = diceOf(seeded(seed ^ 0x6709));
	const people = dice.is(0.85) ? 3 + dice.upTo(2) : 5 + dice.upTo(3);
	const endAt = 60_000 + dice.upTo(120_000);
	const plan = {
		seed,
		people,
		weather: weatherOf(dice),
		diskMs: dice.is(0.2) ? dice.pick([2, 10, 60]) : 0,
		skewMs: dice.is(0.1) ? dice.pick([5_000, 3_600_000]) : 0,
		rules: rulesOf(dice),
		xWing: dice.is(0.02),
		endAt,
	};
	const steps = [
		...contactsOf(dice, people),
		...membersOf(dice, people, endAt),
		...talkOf(dice, people, endAt),
		...(dice.is(0.75) ? faultsOf(dice, people, endAt) : []),
	];
	return { ...plan, steps: steps.toSorted((a, b) => a.at - b.at) };
}

function contactsOf(dice: Dice, people: number): Step[] {
	const steps: Step[] = [];
	for (let one = 0; one < people; one++)
		for (let other = one + 1; other < people; other++)
			if (one === 0 || dice.is(0.25))
				steps.push({ at: 700 + dice.upTo(3_000), do: "ask", who: one, whom: other, greets: false, insists: true });
	return steps;
}

function membersOf(dice: Dice, people: number, endAt: number): Step[] {
	const from = 9_000 + dice.upTo(4_000);
	const others = Array.from({ length: people - 1 }, (_, i) => i + 1);
	const some = others.filter(() => dice.is(0.7));
	const steps: Step[] = [{ at: from, do: "found", who: 0, others: some }];
	if (dice.is(0.15)) steps.push({ at: from + dice.upTo(20_000), do: "found", who: 1, others: [0] });
	const start = from + 4_000;
	const when = () => start + dice.upTo(Math.max(1, endAt - start));
	if (dice.is(0.7))
		steps.push({ at: start + dice.upTo(8_000), do: "setRole", who: 0, whom: 1, group: 0, role: "admin" });
	for (let i = 1 + dice.upTo(6); i > 0; i--) {
		const at = when();
		steps.push({ at, ...changeOf(dice, people) });
		// Another at nearly the same time: a race for the epoch.
		if (dice.is(0.5)) steps.push({ at: at + dice.upTo(dice.pick([30, 500, 5_000])), ...changeOf(dice, people) });
	}
	return steps;
}

function changeOf(dice: Dice, people: number): GroupAct {
	const who = dice.is(0.6) ? 0 : dice.upTo(people);
	const whom = 1 + dice.upTo(people - 1);
	const group = dice.upTo(10);
	const acts: readonly (() => GroupAct)[] = [
		() => ({ do: "add", who, whom, group }),
		() => ({ do: "add", who, whom, group }),
		() => ({ do: "add", who, whom, group }),
		() => ({ do: "remove", who, whom, group }),
		() => ({ do: "remove", who, whom, group }),
		() => ({ do: "leave", who: whom, group }),
		() => ({ do: "setRole", who, whom, group, role: dice.is(0.6) ? "admin" : "member" }),
		() => ({ do: "nameGroup", who, group, name: `name ${dice.upTo(1000)}` }),
	];
	return dice.pick(acts)();
}

function talkOf(dice: Dice, people: number, endAt: number): Step[] {
	const steps: Step[] = [];
	for (let i = people * (1 + dice.upTo(3)); i > 0; i--) {
		const at = 12_000 + dice.upTo(endAt - 12_000);
		const count = dice.is(0.2) ? 1 + dice.upTo(5) : 1;
		steps.push({ at, do: "sayInGroup", who: dice.upTo(people), group: dice.upTo(10), count });
		if (dice.is(0.05)) steps.push({ at: at + dice.upTo(300), do: "discard", who: dice.upTo(people) });
		if (dice.is(0.1))
			steps.push({ at: at + dice.upTo(20_000), do: "markRead", who: dice.upTo(people), of: dice.upTo(10) });
	}
	return steps;
}
