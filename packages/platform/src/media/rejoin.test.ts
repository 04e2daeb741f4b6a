import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RejoinInput, type RejoinState, startJoining, stepRejoin } from "./rejoin.ts";

/** Lets the machine run against a network: `tryJoin` says how each joining ends, and after how many ms. */
function drive(
	from: RejoinState,
	start: number,
	tryJoin: (attempt: number) => { readonly connects: boolean; readonly after: number },
) {
	let state = from;
	let now = start;
	let joins = 0;
	while (state.phase !== "connected" && state.phase !== "ended" && joins < 50) {
		if (state.phase === "waiting") {
			now = state.until;
			state = stepRejoin(state, { kind: "wake" }, now, 0.5).state;
			continue;
		}
		const outcome = tryJoin(joins++);
		now += outcome.after;
		const input: RejoinInput = outcome.connects
			? { kind: "connected" }
			: { kind: "lost", loss: { kind: "unreachable" } };
		state = stepRejoin(state, input, now, 0.5).state;
	}
	return { state, now, joins };
}

const lostRoom = { kind: "lost", loss: { kind: "gone", reason: "roomRestarted" } } as const;

describe("joining again", () => {
	test("a good connection that is lost is mended at once", () => {
		const step = stepRejoin({ phase: "connected", since: 0 }, lostRoom, 60_000, 0.5);
		expect(step.state).toMatchObject({ phase: "joining", brokenSince: 60_000 });
		expect(step.effects[0]).toEqual({ kind: "join" });
	});

	test("a connection that was just made waits a moment first, so that a broken room is not stormed", () => {
		const step = stepRejoin({ phase: "connected", since: 59_000 }, lostRoom, 60_000, 0.5);
		expect(step.state).toMatchObject({ phase: "waiting", brokenSince: 60_000, until: 60_300 });
		expect(step.effects).toEqual([{ kind: "close" }, { kind: "wakeAt", at: 60_300 }]);
	});

	test("after a minute without network it is back within 5 s of the network's return, without a click", () => {
		const lost = stepRejoin({ phase: "connected", since: 0 }, lostRoom, 60_000, 0.5).state;
		let at = 60_000;
		const { state, now } = drive(lost, 60_000, () => {
			at += 100;
			return { connects: false, after: 100 };
		});
		expect(state.phase).not.toBe("ended");
		const back = drive(state, Math.max(now, at), () => ({ connects: true, after: 300 }));
		expect(back.state.phase).toBe("connected");
		expect(back.now - now).toBeLessThan(6_600);
	});

	test("where a joining takes 20 s, it is given them in the end", () => {
		let [state, now, joinings] = [startJoining(0).state, 0, 1];
		while (state.phase !== "connected" && joinings < 20) {
			const began = now;
			now =
				state.phase === "joining"
					? Math.min(state.giveUpAt, began + 20_000)
					: state.phase === "waiting"
						? state.until
						: now;
			const isThere = state.phase === "joining" && now - began >= 20_000;
			const before = state.phase;
			state = stepRejoin(state, { kind: isThere ? "connected" : "wake" }, now, 0.5).state;
			if (before === "waiting") joinings++;
		}
		expect(state.phase).toBe("connected");
		expect(joinings).toBeLessThanOrEqual(5);
	});

	test("a network that comes back is used at once, even in the middle of a wait", () => {
		const waiting: RejoinState = { phase: "waiting", attempt: 5, brokenSince: 1_000, until: 90_000 };
		const step = stepRejoin(waiting, { kind: "changed" }, 50_000, 0.5);
		expect(step.state).toMatchObject({ phase: "joining", brokenSince: 1_000, attempt: 0 });
	});

	test("a timer that fires a little early is set again, or the waiting would never end", () => {
		const waiting: RejoinState = { phase: "waiting", attempt: 1, brokenSince: 0, until: 1_000 };
		expect(stepRejoin(waiting, { kind: "wake" }, 999.9, 0.5).effects).toEqual([{ kind: "wakeAt", at: 1_000 }]);
		expect(stepRejoin(waiting, { kind: "wake" }, 1_000, 0.5).state.phase).toBe("joining");
		const joining = startJoining(0).state;
		expect(stepRejoin(joining, { kind: "wake" }, 7_999.9, 0.5).effects).toEqual([{ kind: "wakeAt", at: 8_000 }]);
		expect(stepRejoin(joining, { kind: "wake" }, 8_000, 0.5).state.phase).toBe("waiting");
	});

	test("only what cannot change ends it: a wrong signature, an unknown version, frames that left unsealed, leaving", () => {
		const joining = startJoining(0).state;
		const end = (input: RejoinInput) => stepRejoin(joining, input, 1, 0.5).state;
		expect(end({ kind: "lost", loss: { kind: "refused", code: "badSignature" } })).toEqual({
			phase: "ended",
			reason: "notAdmitted",
		});
		expect(end({ kind: "lost", loss: { kind: "refused", code: "unknownVersion" } })).toEqual({
			phase: "ended",
			reason: "outdated",
		});
		expect(end({ kind: "lost", loss: { kind: "unprotected" } })).toEqual({ phase: "ended", reason: "unprotected" });
		expect(end({ kind: "leave" })).toEqual({ phase: "ended", reason: "left" });
		expect(end({ kind: "lost", loss: { kind: "refused", code: "roomFull" } }).phase).toBe("waiting");
		expect(end({ kind: "lost", loss: { kind: "refused", code: "notFound" } }).phase).toBe("waiting");
	});

	test("whatever happens, there is always a next step planned until it has ended, and nothing after", () => {
		const loss = fc.constantFrom<RejoinInput>(
			lostRoom,
			{ kind: "lost", loss: { kind: "unreachable" } },
			{ kind: "lost", loss: { kind: "transport" } },
			{ kind: "connected" },
			{ kind: "changed" },
			{ kind: "wake" },
			{ kind: "leave" },
		);
		fc.assert(
			fc.property(fc.array(fc.tuple(loss, fc.nat(12_000), fc.double({ min: 0, max: 1, noNaN: true }))), (inputs) => {
				let { state, effects } = startJoining(0);
				let now = 0;
				let wakeAt = effects.find((effect) => effect.kind === "wakeAt")?.at;
				for (const [input, passed, chance] of inputs) {
					now += passed;
					const wasEnded = state.phase === "ended";
					({ state, effects } = stepRejoin(state, input, now, chance));
					if (wasEnded) expect(effects).toEqual([]);
					wakeAt = effects.find((effect) => effect.kind === "wakeAt")?.at ?? wakeAt;
					if (state.phase === "waiting") expect(wakeAt).toBe(state.until);
					if (state.phase === "joining") expect(wakeAt).toBe(state.giveUpAt);
				}
			}),
		);
	});
});
