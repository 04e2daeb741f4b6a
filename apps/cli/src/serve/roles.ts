import { UsageError } from "../command.ts";

/** The roles that this version can play; docs/architecture.md says what each sees. */
export const allRoles = ["home", "notifier", "sfu"] as const;
export type Role = (typeof allRoles)[number];

/** Parses `--roles`: `all`, or names with commas between them. */
export function parseRoles(text: string): ReadonlySet<Role> {
	const names = text.split(",").map((name) => name.trim());
	if (names.length === 1 && names[0] === "all") return new Set(allRoles);
	return new Set(
		names.map((name) => {
			const role = allRoles.find((known) => known === name);
			if (role === undefined)
				throw new UsageError(`--roles takes all, or some of ${allRoles.join(",")}; not '${name}'`);
			return role;
		}),
	);
}

/** What is not split when these roles have one operator. Printed at the start: nobody should have to find out later. */
export function notSplit(roles: ReadonlySet<Role>): string | undefined {
	if (roles.size < 2) return undefined;
	const rooms = roles.has("sfu") ? " and which addresses share a room" : "";
	return [
		`One operator runs ${[...roles].join(", ")} here, and can put together which devices use which random ids,`,
		`when they are woken${rooms}. It cannot read or hear anything.`,
		"To split this knowledge, let somebody else run a role: sotto serve --help.",
	].join("\n");
}
