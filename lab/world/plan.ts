import type { RefusalCode } from "@sotto/api";
import { seeded } from "../seeded.ts";
import { type Cut, calm, type Weather } from "./wire.ts";

/** A thing that is done, or befalls somebody, at a time in milliseconds since the world began. People and devices are numbers. */
export type Step = { readonly at: number } & Act;
export type Act =
	| Asking
	/** `to` picks one of the conversations that there are then. */
	| { readonly do: "say"; readonly who: number; readonly to: number; readonly count: number; readonly long: boolean }
	| GroupAct
	| { readonly do: "markRead"; readonly who: number; readonly of: number }
	| { readonly do: "discard"; readonly who: number }
	| { readonly do: "rename"; readonly who: number }
	| { readonly do: "sync"; readonly who: number }
	/** The process dies at its n-th effect from now on, and is started again. */
	| Crash
	/** It is closed in order, and started again. */
	| { readonly do: "restart"; readonly who: number; readonly downMs: number }
	| { readonly do: "cut"; readonly who: number; readonly how: Cut; readonly forMs: number; readonly told: boolean }
	| { readonly do: "diskFull"; readonly who: number; readonly forMs: number }
	| { readonly do: "refuse"; readonly who: number; readonly code: RefusalCode; readonly forMs: number }
	| { readonly do: "serverCrash"; readonly batch: "lost" | "kept"; readonly downMs: number }
	| { readonly do: "backup" }
	/** The server comes back as it was at the last backup (L4). */
	| { readonly do: "restore" }
	| { readonly do: "renewNotifier" }
	/** Everybody is away for a while. */
	| { readonly do: "sleep"; readonly days: number }
	/** A further device of somebody's comes to the account, by a code and digits, and is removed. Tried again until it is done. */
	| { readonly do: "link"; readonly who: number }
	| { readonly do: "unlink"; readonly who: number }
	| Offence
	| EvilAct;
/** Somebody asks somebody else for contact; who `insists` comes back to it while either has no account yet. */
export type Asking = {
	readonly do: "ask";
	readonly who: number;
	readonly whom: number;
	readonly greets: boolean;
	readonly insists?: true;
};
/** `group` picks one of the groups that there are then. */
export type GroupAct =
	| { readonly do: "found"; readonly who: number; readonly others: readonly number[] }
	| { readonly do: "add"; readonly who: number; readonly whom: number; readonly group: number }
	| { readonly do: "remove"; readonly who: number; readonly whom: number; readonly group: number }
	| { readonly do: "setRole"; readonly who: number; readonly whom: number; readonly group: number; readonly role: Role }
	| { readonly do: "leave"; readonly who: number; readonly group: number }
	| { readonly do: "nameGroup"; readonly who: number; readonly group: number; readonly name: string }
	| { readonly do: "sayInGroup"; readonly who: number; readonly group: number; readonly count: number };
/** A member breaks the rules in a group. `n` picks among what there is of its kind: commits, old records, Welcomes. */
export type Offence = {
	readonly do: "offend";
	readonly who: number;
	readonly group: number;
	readonly whom: number;
	readonly how: OffenceKind;
	readonly n: number;
};
export type OffenceKind =
	/** A commit that the rules forbid, signed. */
	| "commit"
	/** A commit that some can open and some cannot. */
	| "strand"
	/** A message that states another history (C8). */
	| "lie"
	/** Bytes that are no message, under the log's key or not. */
	| "noise"
	/** An old record, and an old message in a new record. */
	| "replay"
	/** Another's words, sealed again under that one's next key. */
	| "reseal"
	/** A Welcome to a group that is not what it says. */
	| "welcome"
	/** As many records as the log takes. */
	| "flood"
	/** One commit after the other, each allowed. */
	| "storm";
type Role = "admin" | "member";
export type Crash = {
	readonly do: "crash";
	readonly who: number;
	readonly effects: number;
	readonly moment: "before" | "after";
	readonly downMs: number;
};

/** What the server does in its evil mode. */
export type EvilAct =
	/** Tells one device nothing that is new, for a while. */
	| { readonly do: "withhold"; readonly who: number; readonly forMs: number }
	/** Tells one device two records in each other's place. */
	| { readonly do: "swap"; readonly who: number; readonly forMs: number }
	/** Tells one device other bytes in a record's place. */
	| { readonly do: "substitute"; readonly who: number; readonly forMs: number }
	/** Says that it took a record, and does not. */
	| { readonly do: "swallow"; readonly who: number; readonly times: number }
	/** Puts an old record, or garbage, at the end of every log. */
	| { readonly do: "replay"; readonly garbage: boolean }
	/** Half of the devices live on in another history of their own. */
	| { readonly do: "fork"; readonly parity: number }
	/** Puts what was written in the one history into the other. */
	| { readonly do: "cross" };

export type Plan = {
	readonly seed: number;
	readonly people: number;
	/** Whose the further devices are, which are numbered on behind everybody's first. */
	readonly further?: readonly number[];
	readonly weather: Weather;
	/** A write to a client's store takes up to this long. */
	readonly diskMs: number;
	/** Each device's clock is wrong by at most this. */
	readonly skewMs: number;
	readonly rules: {
		readonly maxLogRecords: number;
		readonly maxCommitsInLog: number;
		readonly maxOwnInEpoch: number;
	};
	/** The suite with X-Wing, as in the product; else the quicker one. */
	readonly xWing: boolean;
	readonly steps: readonly Step[];
	readonly endAt: number;
};

export type Dice = {
	readonly chance: () => number;
	readonly upTo: (n: number) => number;
	readonly is: (share: number) => boolean;
	readonly pick: <T>(list: readonly T[]) => T;
};

export function diceOf(chance: () => number): Dice {
	const upTo = (n: number) => Math.floor(chance() * n);
	return { chance, upTo, is: (share) => chance() < share, pick: (list) => list[upTo(list.length)] as never };
}

const minute = 60_000;

/** The plan of a seed: who is there, what they do, and what befalls them. Mostly small worlds, some with dozens of people. */
export function planOf(seed: number): Plan {
	const dice = diceOf(seeded(seed));
	const people = dice.is(0.75) ? 2 + dice.upTo(2) : dice.is(0.9) ? 4 + dice.upTo(3) : 10 + dice.upTo(15);
	const endAt = (1 + dice.upTo(4)) * minute;
	const plan = {
		seed,
		people,
		weather: weatherOf(dice),
		diskMs: dice.is(0.3) ? dice.pick([2, 10, 60]) : 0,
		skewMs: dice.is(0.2) ? dice.pick([5_000, 3_600_000, 80_000_000]) : 0,
		rules: rulesOf(dice),
		xWing: dice.is(0.03),
		endAt,
	};
	const steps = [...contactsOf(dice, people, endAt), ...talkOf(dice, people, endAt), ...faultsOf(dice, people, endAt)];
	return { ...plan, steps: steps.toSorted((a, b) => a.at - b.at) };
}

/** Often small numbers, so that few words meet the rules of full logs and old keys. */
export function rulesOf(dice: Dice): Plan["rules"] {
	const small = (normal: number, ...few: number[]) => (dice.is(0.5) ? normal : dice.pick(few));
	return {
		maxLogRecords: small(4096, 6, 9, 20),
		maxCommitsInLog: small(32, 2, 3),
		maxOwnInEpoch: small(100, 1, 3, 5),
	};
}

export function weatherOf(dice: Dice): Weather {
	const bad = dice.is(0.5);
	return {
		minMs: dice.pick([1, 5, 30]),
		maxMs: bad ? dice.pick([200, 1_500, 4_000]) : calm.maxMs,
		loss: bad ? dice.pick([0, 0.05, 0.2, 0.4]) : 0,
		duplicates: bad ? dice.pick([0, 0.1, 0.3]) : 0,
	};
}

function contactsOf(dice: Dice, people: number, endAt: number): Step[] {
	const steps: Step[] = [];
	const ask = (who: number, whom: number, at: number) => steps.push({ at, do: "ask", who, whom, greets: dice.is(0.6) });
	for (let other = 1; other < people; other++) {
		const first = dice.upTo(other);
		const at = 2_000 + dice.upTo(endAt / 3);
		ask(other, first, at);
		// Both at once, or nearly: two groups, of which one remains (C10).
		if (dice.is(0.4)) ask(first, other, at + dice.upTo(dice.pick([50, 1_000, 20_000])));
	}
	if (people > 2 && dice.is(0.5)) ask(0, people - 1, 1_000 + dice.upTo(endAt / 2));
	return steps;
}

function talkOf(dice: Dice, people: number, endAt: number): Step[] {
	const steps: Step[] = [];
	const count = people * (2 + dice.upTo(7));
	for (let i = 0; i < count; i++) {
		const [at, who] = [4_000 + dice.upTo(endAt - 4_000), dice.upTo(people)];
		const long = dice.is(0.1);
		steps.push({ at, do: "say", who, to: dice.upTo(100), count: dice.is(0.2) ? 1 + dice.upTo(8) : 1, long });
		if (dice.is(0.2)) steps.push({ at: at + dice.upTo(20_000), do: "markRead", who, of: dice.upTo(100) });
		if (dice.is(0.05)) steps.push({ at: at + dice.upTo(300), do: "discard", who });
		if (dice.is(0.03)) steps.push({ at: dice.upTo(endAt), do: "rename", who });
		if (dice.is(0.1)) steps.push({ at: dice.upTo(endAt), do: "sync", who });
	}
	return steps;
}

export function faultsOf(dice: Dice, people: number, endAt: number): Step[] {
	const steps: Step[] = [];
	const when = () => 500 + dice.upTo(endAt - 500);
	const span = () => dice.pick([300, 3_000, 20_000, 60_000]);
	const some = (share: number, most: number, act: () => Act) => {
		if (dice.is(share)) for (let i = 1 + dice.upTo(most); i > 0; i--) steps.push({ at: when(), ...act() });
	};
	const who = () => dice.upTo(people);
	some(0.6, 3 * people, () => crashOf(dice, people));
	some(0.3, people, () => ({ do: "restart", who: who(), downMs: span() }));
	const cuts = ["everything", "requests", "answers"] as const;
	some(0.5, 2 * people, () => ({ do: "cut", who: who(), how: dice.pick(cuts), forMs: span(), told: dice.is(0.5) }));
	some(0.15, 3, () => ({ do: "diskFull", who: who(), forMs: span() }));
	const codes = ["tooManyRequests", "unavailable", "storageFull", "malformed"] as const;
	some(0.15, 3, () => ({ do: "refuse", who: who(), code: dice.pick(codes), forMs: span() }));
	some(0.4, 3, () => ({ do: "serverCrash", batch: dice.pick(["lost", "kept"]), downMs: span() / 2 }));
	some(0.1, 2, () => ({ do: "renewNotifier" }));
	if (dice.is(0.1)) steps.push({ at: when(), do: "sleep", days: dice.pick([0.5, 3, 20]) });
	if (dice.is(0.15)) {
		const at = when();
		steps.push({ at, do: "backup" }, { at: at + dice.upTo(minute), do: "restore" });
	}
	if (dice.is(0.25)) steps.push(...evilOf(dice, people, when));
	return steps;
}

export function crashOf(dice: Dice, people: number): Crash {
	const [who, effects, moment] = [dice.upTo(people), 1 + dice.upTo(12), dice.pick(["before", "after"] as const)];
	return { do: "crash", who, effects, moment, downMs: dice.pick([0, 100, 5_000, 40_000]) };
}

function evilOf(dice: Dice, people: number, when: () => number): Step[] {
	const who = () => dice.upTo(people);
	const forMs = () => dice.pick([2_000, 20_000, minute]);
	const acts: readonly (() => EvilAct)[] = [
		() => ({ do: "withhold", who: who(), forMs: forMs() }),
		() => ({ do: "swap", who: who(), forMs: forMs() }),
		() => ({ do: "substitute", who: who(), forMs: forMs() }),
		() => ({ do: "swallow", who: who(), times: 1 + dice.upTo(3) }),
		() => ({ do: "replay", garbage: dice.is(0.5) }),
	];
	const steps: Step[] = Array.from({ length: 1 + dice.upTo(6) }, () => ({ at: when(), ...dice.pick(acts)() }));
	if (!dice.is(0.4)) return steps;
	const at = when();
	steps.push({ at, do: "fork", parity: dice.upTo(2) });
	for (let i = dice.upTo(3); i >= 0; i--) steps.push({ at: at + dice.upTo(90_000), do: "cross" });
	return steps;
}
