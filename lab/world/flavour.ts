import { withDevices } from "./device-plan.ts";
import { groupPlanOf } from "./group-plan.ts";
import { type Plan, planOf } from "./plan.ts";
import { withVillain } from "./villain-plan.ts";

/** What sort of world: as it is asked for on the command line. */
export type Flavour = {
	/** Groups instead of conversations of two. */
	readonly groups?: boolean;
	/** An evil member in the groups. */
	readonly villains?: boolean;
	/** Further devices of somebody's. */
	readonly devices?: boolean;
};

export function planFor(seed: number, { groups = false, villains = false, devices = false }: Flavour): Plan {
	const base = groups || villains ? groupPlanOf(seed) : planOf(seed);
	const withEvil = villains ? withVillain(base) : base;
	return devices ? withDevices(withEvil) : withEvil;
}

/** How a flavour is asked for. */
export function flagsOf(flavour: Flavour): string {
	return Object.entries(flavour)
		.flatMap(([name, isOn]) => (isOn ? [`--${name} `] : []))
		.join("");
}
