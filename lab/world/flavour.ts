import { groupPlanOf } from "./group-plan.ts";
import { type Plan, planOf } from "./plan.ts";
import { withVillain } from "./villain-plan.ts";

/** What sort of world: as it is asked for on the command line. */
export type Flavour = {
	/** Groups instead of conversations of two. */
	readonly groups?: boolean;
	/** An evil member in the groups. */
	readonly villains?: boolean;
};

export function planFor(seed: number, { groups = false, villains = false }: Flavour): Plan {
	if (villains) return withVillain(groupPlanOf(seed));
	return groups ? groupPlanOf(seed) : planOf(seed);
}

/** How a flavour is asked for. */
export function flagsOf(flavour: Flavour): string {
	return Object.entries(flavour)
		.flatMap(([name, isOn]) => (isOn ? [`--${name} `] : []))
		.join("");
}
