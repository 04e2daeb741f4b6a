import { seeded } from "../seeded.ts";
import { crashOf, diceOf, type Plan, type Step } from "./plan.ts";

/** The same world, in which somebody or two have a further device: linked while the world goes on, and sometimes removed. */
export function withDevices(plan: Plan): Plan {
	const dice = diceOf(seeded(plan.seed ^ 0xde71ce));
	const first = dice.upTo(plan.people);
	const other = dice.upTo(plan.people);
	const further = dice.is(0.6) ? [first] : [first, other];
	const steps: Step[] = [];
	for (const n of further.keys()) {
		const who = plan.people + n;
		const at = 3_000 + dice.upTo(plan.endAt / 2);
		const when = () => at + 5_000 + dice.upTo(plan.endAt - at);
		steps.push({ at, do: "link", who });
		for (let i = 1 + dice.upTo(4); i > 0; i--)
			steps.push({ at: when(), do: "say", who, to: dice.upTo(100), count: 1 + dice.upTo(2), long: false });
		if (dice.is(0.3)) steps.push({ at: when(), do: "markRead", who, of: dice.upTo(100) });
		if (dice.is(0.4)) steps.push({ at: when(), ...crashOf(dice, plan.people), who });
		if (dice.is(0.2)) steps.push({ at: when(), do: "restart", who, downMs: dice.pick([300, 20_000]) });
		if (dice.is(0.3))
			steps.push({ at: when(), do: "cut", who, how: "everything", forMs: dice.pick([3_000, 30_000]), told: true });
		if (dice.is(0.35)) steps.push({ at: when() + 5_000, do: "unlink", who });
	}
	// Mailboxes are logs too, and those of people with several devices get more letters than the smallest take.
	const rules = { ...plan.rules, maxLogRecords: Math.max(plan.rules.maxLogRecords, 20) };
	return { ...plan, rules, further, steps: [...plan.steps, ...steps].toSorted((a, b) => a.at - b.at) };
}
