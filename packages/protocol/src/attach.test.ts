import fc from "fast-check";
import { expect, test } from "vitest";
import {
	type AttachEffect,
	type AttachInput,
	type AttachState,
	pingEveryMs,
	startAttach,
	stepAttach,
} from "./attach.ts";

const wakeCap = new Uint8Array(32);

/** Feeds inputs at their times and keeps the last effects. */
function line(chance = 0) {
	let state: AttachState = startAttach;
	const all: AttachEffect[] = [];
	return {
		get state() {
			return state;
		},
		all,
		take(input: AttachInput, now: number): readonly AttachEffect[] {
			const step = stepAttach(state, input, now, { wakeCap, chance });
			state = step.state;
			all.push(...step.effects);
			return step.effects;
		},
	};
}

const kinds = (effects: readonly AttachEffect[]) => effects.map(({ kind }) => kind);

function attachedAt(now: number) {
	const it = line();
	it.take({ kind: "start" }, now);
	it.take({ kind: "opened" }, now);
	it.take({ kind: "event", event: { type: "attached" } }, now);
	return it;
}

test("a line attaches, tells so once, pings every 20 s, and passes rings on", () => {
	const it = attachedAt(0);
	expect(kinds(it.all)).toEqual(["connect", "wakeAt", "send", "attached", "wakeAt"]);
	expect(kinds(it.take({ kind: "woke" }, pingEveryMs - 1))).toEqual(["wakeAt"]);
	expect(it.take({ kind: "woke" }, pingEveryMs)[0]).toEqual({ kind: "send", request: { type: "ping" } });
	it.take({ kind: "event", event: { type: "pong" } }, pingEveryMs + 50);
	const hint = new Uint8Array(64);
	expect(it.take({ kind: "event", event: { type: "ring", hint, urgency: "call" } }, 21_000)).toEqual([
		{ kind: "rung", hint, urgency: "call" },
	]);
});

test("a ping without an answer ends the line, and a new one is tried after a pause", () => {
	const it = attachedAt(0);
	it.take({ kind: "woke" }, pingEveryMs);
	const effects = kinds(it.take({ kind: "woke" }, pingEveryMs + 10_000));
	expect(effects).toEqual(["close", "lost", "wakeAt"]);
	expect(it.state.phase).toBe("waiting");
	expect(kinds(it.take({ kind: "closed" }, pingEveryMs + 10_001))).toEqual([]);
});

test("pauses between tries grow from half a second to 30 s and no further, whatever chance says", () => {
	for (const chance of [0, 0.5, 0.999]) {
		const it = line(chance);
		let now = 0;
		it.take({ kind: "start" }, now);
		const pauses: number[] = [];
		for (let i = 0; i < 12; i++) {
			it.take({ kind: "closed" }, now);
			if (it.state.phase !== "waiting") throw new Error("it waits");
			pauses.push(it.state.retryAt - now);
			now = it.state.retryAt;
			it.take({ kind: "woke" }, now);
			expect(it.state.phase).toBe("connecting");
		}
		expect(pauses[0]).toBeLessThanOrEqual(1000);
		for (const [index, pause] of pauses.entries()) {
			expect(pause).toBeGreaterThanOrEqual(250);
			expect(pause).toBeLessThanOrEqual(30_000);
			if (index > 0) expect(pause).toBeGreaterThanOrEqual((pauses[index - 1] as number) / 2);
		}
	}
});

test("a network that came back is tried at once; a line that stands is asked whether it still does", () => {
	const it = line();
	it.take({ kind: "start" }, 0);
	for (let i = 0; i < 6; i++) {
		it.take({ kind: "closed" }, i);
		it.take({ kind: "woke" }, 1e9);
	}
	it.take({ kind: "closed" }, 2e9);
	expect(kinds(it.take({ kind: "network", change: "online" }, 2e9 + 1))).toContain("connect");
	const standing = attachedAt(0);
	expect(kinds(standing.take({ kind: "network", change: "resumed" }, 5_000))).toEqual(["send", "wakeAt"]);
	expect(kinds(standing.take({ kind: "woke" }, 9_000))).toContain("lost");
});

test("a system that says it is offline has the line asked; one without an answer is down within seconds, one with it stands", () => {
	const silent = attachedAt(0);
	expect(kinds(silent.take({ kind: "network", change: "offline" }, 1_000))).toEqual(["send", "wakeAt"]);
	expect(kinds(silent.take({ kind: "woke" }, 5_000))).toContain("lost");
	const alive = attachedAt(0);
	alive.take({ kind: "network", change: "offline" }, 1_000);
	alive.take({ kind: "event", event: { type: "pong" } }, 1_100);
	expect(kinds(alive.take({ kind: "woke" }, 5_000))).not.toContain("lost");
	expect(alive.state.phase).toBe("attached");
});

test("a try that was begun over the network before is given up soon after another one came", () => {
	const it = line();
	it.take({ kind: "start" }, 0);
	expect(kinds(it.take({ kind: "network", change: "online" }, 1_000))).toEqual(["wakeAt"]);
	expect(kinds(it.take({ kind: "woke" }, 5_000))).toContain("close");
	expect(it.state.phase).toBe("waiting");
});

test("after stop nothing connects any more, in any order of events", () => {
	const inputs = fc.constantFrom<AttachInput>(
		{ kind: "opened" },
		{ kind: "closed" },
		{ kind: "woke" },
		{ kind: "network", change: "online" },
		{ kind: "network", change: "offline" },
		{ kind: "network", change: "resumed" },
		{ kind: "event", event: { type: "attached" } },
		{ kind: "event", event: { type: "pong" } },
		{ kind: "event", event: { type: "refused", code: "malformed" } },
	);
	fc.assert(
		fc.property(fc.array(inputs, { maxLength: 30 }), fc.array(inputs, { maxLength: 10 }), (before, after) => {
			const it = line();
			let now = 0;
			it.take({ kind: "start" }, now);
			for (const input of before) {
				it.take(input, (now += 3_000));
				// A line that is neither standing nor stopped always has a wake-up ahead.
				if (it.state.phase === "waiting") expect(it.state.retryAt).toBeGreaterThan(now - 30_001);
			}
			it.take({ kind: "stop" }, now);
			for (const input of after) expect(kinds(it.take(input, (now += 3_000)))).not.toContain("connect");
		}),
	);
});
