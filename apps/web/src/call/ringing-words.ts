import type { CallView } from "@sotto/client";
import { words } from "../words/index.ts";

/** Who calls whom: "Ada is calling", or of a group "Ada is calling Choir". */
export function incomingWords({ kind, title, caller }: CallView): string {
	return kind === "group" ? words.ringing.incomingGroup(caller?.name, title) : words.ringing.incoming(title);
}
