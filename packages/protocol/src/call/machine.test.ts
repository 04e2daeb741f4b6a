import { describe, expect, test } from "vitest";
import { ongoingCall } from "./line.ts";
import {
	callOf,
	conversation,
	createWorld,
	type Device,
	deviceOf,
	finalRecords,
	flush,
	give,
	newCallKey,
	pass,
	read,
	settle,
	start,
	type World,
} from "./world.test-kit.ts";

function twoPeople(skews: readonly number[] = []): { world: World; ada: Device; bo: Device } {
	const world = createWorld(["ada", "bo"], skews);
	settle(world);
	return { world, ada: deviceOf(world, "ada"), bo: deviceOf(world, "bo") };
}

function talking(skews: readonly number[] = []) {
	const two = twoPeople(skews);
	const call = start(two.world, two.ada);
	settle(two.world);
	give(two.world, two.bo, { kind: "answer", callId: call });
	settle(two.world);
	for (const device of [two.ada, two.bo]) give(two.world, device, { kind: "connected", callId: call, others: 1 });
	return { ...two, call };
}

const outcomes = (device: Device) => device.records.map((record) => record.outcome);

describe("a call between two people", () => {
	test("rings, is answered, connects, and is over for both when one hangs up", () => {
		const { world, ada, bo, call } = talking();
		expect([ada.state.session.phase, bo.state.session.phase]).toEqual(["connected", "connected"]);
		pass(world, 61_000);
		give(world, bo, { kind: "hangUp", callId: call });
		settle(world);
		expect(ada.state.session).toMatchObject({ phase: "ended", reason: "remoteHungUp", durationMs: 61_000 });
		expect(bo.state.session).toMatchObject({ phase: "ended", reason: "hungUp", durationMs: 61_000 });
		expect(finalRecords(ada, call)).toMatchObject([{ direction: "outgoing", outcome: "answered", durationMs: 61_000 }]);
		expect(finalRecords(bo, call)).toMatchObject([{ direction: "incoming", outcome: "answered", durationMs: 61_000 }]);
		expect([ada.bases.size, bo.bases.size]).toEqual([0, 0]);
	});

	test("declined with words: the caller hears of it and the words go into the conversation", () => {
		const { world, ada, bo } = twoPeople();
		const call = start(world, ada);
		settle(world);
		give(world, bo, { kind: "decline", callId: call, message: " In ten minutes? " });
		settle(world);
		expect(bo.said).toEqual(["In ten minutes?"]);
		expect(outcomes(ada)).toEqual(["ongoing", "declined"]);
		expect(outcomes(bo)).toEqual(["ongoing", "declined"]);
	});

	test("cancelled before the answer: the callee has missed it", () => {
		const { world, ada, bo } = twoPeople();
		const call = start(world, ada);
		settle(world);
		give(world, ada, { kind: "hangUp", callId: call });
		settle(world);
		expect(outcomes(ada)).toEqual(["ongoing", "cancelled"]);
		expect(outcomes(bo)).toEqual(["ongoing", "missed"]);
	});

	test("nobody answers: after 45 s the caller gives up and the callee has missed it", () => {
		const { world, ada, bo } = twoPeople();
		start(world, ada);
		settle(world);
		pass(world, 44_999);
		expect([ada.state.session.phase, bo.state.session.phase]).toEqual(["ringingOut", "ringingIn"]);
		pass(world, 1);
		settle(world);
		expect(outcomes(ada)).toEqual(["ongoing", "noAnswer"]);
		expect(outcomes(bo)).toEqual(["ongoing", "missed"]);
	});

	test("a second call finds its callee busy, and the first goes on", () => {
		const world = createWorld(["ada", "bo"]);
		const ada = deviceOf(world, "ada");
		const cyd = { account: "cyd", device: "other" } as const;
		settle(world);
		const first = start(world, ada);
		settle(world);
		const second = newCallKey(world);
		give(world, ada, {
			kind: "said",
			conversation: "another",
			direct: true,
			people: ["cyd"],
			author: cyd,
			sentAt: world.now,
			live: true,
			content: { type: "callStarted", callId: second, previous: undefined, video: false, quiet: false },
		});
		give(world, ada, { kind: "tip", conversation: "another" });
		expect(ada.outbox).toEqual([{ type: "callDeclined", callId: second, reason: "busy" }]);
		expect(finalRecords(ada, second)).toMatchObject([{ outcome: "busy", direction: "incoming" }]);
		expect(callOf(ada)).toBe(first);
	});

	test("the caller of somebody busy is told so", () => {
		const { world, ada, bo } = twoPeople();
		const call = start(world, ada);
		flush(world, ada);
		read(world, ada);
		world.log.push({
			author: "bo",
			sentAt: world.now,
			content: { type: "callDeclined", callId: call, reason: "busy" },
		});
		read(world, ada);
		expect(ada.state.session).toMatchObject({ phase: "ended", reason: "busy" });
		expect(bo.rings).toEqual([]);
	});

	test("glare: both end in the call that came first in the log, and both know it is answered", () => {
		const { world, ada, bo } = twoPeople();
		const first = start(world, ada);
		const second = start(world, bo);
		settle(world);
		for (const device of [ada, bo]) expect(device.state.session).toMatchObject({ phase: "joining", callId: first });
		expect(bo.state.session).toMatchObject({ asked: second, direction: "incoming" });
		give(world, bo, { kind: "hangUp", callId: second });
		expect(bo.state.session).toMatchObject({ phase: "ended", callId: first });
	});

	test("a start that lost to a call which is over by then goes again in its place", () => {
		const { world, ada, bo } = twoPeople();
		const first = start(world, ada);
		const second = start(world, bo);
		flush(world, ada);
		read(world, ada);
		give(world, ada, { kind: "hangUp", callId: first });
		flush(world, ada);
		flush(world, bo);
		settle(world);
		expect(ada.state.session).toMatchObject({ phase: "ringingIn", callId: second });
		expect(bo.state.session).toMatchObject({ phase: "ringingOut", callId: second });
	});

	test("a caller that crashed while it rang does not block tomorrow's call", () => {
		const { world, ada, bo } = twoPeople();
		const first = start(world, ada);
		settle(world);
		ada.wakeAt = undefined; // its process is gone
		pass(world, 24 * 3_600_000);
		const second = start(world, bo);
		flush(world, bo);
		expect(world.log.at(-1)).toMatchObject({ content: { type: "callStarted", callId: second, previous: first } });
		give(world, ada, { kind: "restarted" });
		settle(world);
		expect([callOf(ada), ada.state.session.phase]).toEqual([second, "ringingIn"]);
	});

	test("a caller that crashed in mid-call and comes back the next day can be called", () => {
		const { world, ada, bo, call } = talking();
		ada.wakeAt = undefined;
		give(world, bo, { kind: "lost", callId: call });
		pass(world, 12 * 3_600_000);
		expect(bo.state.session.phase).toBe("idle");
		expect(finalRecords(bo, call)).toMatchObject([{ outcome: "answered", durationMs: 0 }]);
		const second = start(world, bo);
		give(world, ada, { kind: "restarted" });
		expect(ada.state.session).toMatchObject({ phase: "ended", reason: "failed" });
		settle(world);
		expect(ada.state.session).toMatchObject({ phase: "ringingIn", callId: second });
	});

	test("a reload in mid-call comes back without a click, with the time of the call running on", () => {
		const { world, ada, call } = talking();
		pass(world, 30_000);
		ada.wakeAt = undefined;
		pass(world, 8_000);
		give(world, ada, { kind: "restarted" });
		expect(ada.state.session.phase).toBe("reconnecting");
		give(world, ada, { kind: "connected", callId: call, others: 1 });
		pass(world, 2_000);
		give(world, ada, { kind: "hangUp", callId: call });
		expect(finalRecords(ada, call)).toMatchObject([{ durationMs: 40_000 }]);
	});

	test("who is heard in the room has answered, whatever becomes of the message that says so", () => {
		const { world, ada, bo } = twoPeople();
		const call = start(world, ada);
		settle(world);
		give(world, bo, { kind: "answer", callId: call });
		give(world, ada, { kind: "connected", callId: call, others: 0 });
		expect(ada.state.session.phase).toBe("ringingOut");
		for (const device of [ada, bo]) give(world, device, { kind: "connected", callId: call, others: 1 });
		pass(world, 46_000);
		expect(ada.state.session.phase).toBe("connected");
		settle(world);
		expect(ada.state.session.phase).toBe("connected");
	});

	test("an answer that comes behind the caller's end is a missed call", () => {
		const { world, ada, bo } = twoPeople();
		const call = start(world, ada);
		settle(world);
		give(world, ada, { kind: "hangUp", callId: call });
		flush(world, ada);
		give(world, bo, { kind: "answer", callId: call });
		settle(world);
		expect(outcomes(bo)).toEqual(["ongoing", "ongoing", "missed"]);
		expect(outcomes(ada)).toEqual(["ongoing", "cancelled"]);
	});

	test("a start that is given up while the network is away is ended as soon as it counts, and rings nobody", () => {
		const { world, ada, bo } = twoPeople();
		start(world, ada);
		pass(world, 60_000);
		expect(outcomes(ada)).toEqual(["failed"]);
		flush(world, ada);
		read(world, ada);
		flush(world, ada);
		settle(world);
		expect(bo.rings).toEqual([]);
		expect(outcomes(bo)).toEqual(["missed"]);
	});
});

describe("whether a call rings", () => {
	test("a callee whose clock is a day off rings all the same when the call arrives live", () => {
		for (const skew of [-86_400_000, 86_400_000]) {
			const { world, ada, bo } = twoPeople([0, skew]);
			const call = start(world, ada);
			settle(world);
			expect(bo.rings).toEqual([call]);
		}
	});

	test("a call read 50 s later by a device that was away is a missed one", () => {
		const { world, ada, bo } = twoPeople();
		start(world, ada);
		flush(world, ada);
		read(world, ada);
		ada.wakeAt = undefined;
		pass(world, 50_000);
		read(world, bo);
		expect(bo.rings).toEqual([]);
		expect(outcomes(bo)).toEqual(["missed"]);
	});

	test("a device that has just started rings for a call of the last 45 s by its caller's clock", () => {
		const { world, ada, bo } = twoPeople();
		const call = start(world, ada);
		flush(world, ada);
		pass(world, 20_000);
		bo.atTipSince = undefined;
		read(world, bo);
		expect(bo.rings).toEqual([call]);
	});

	test("a start and its end in one batch ring nobody and are one missed call", () => {
		const { world, ada, bo } = twoPeople();
		const call = start(world, ada);
		flush(world, ada);
		read(world, ada);
		give(world, ada, { kind: "hangUp", callId: call });
		flush(world, ada);
		read(world, bo);
		expect(bo.rings).toEqual([]);
		expect(outcomes(bo)).toEqual(["missed"]);
	});

	test("a call's name used again rings nobody", () => {
		const { world, ada, bo } = twoPeople();
		const first = start(world, ada);
		settle(world);
		give(world, ada, { kind: "hangUp", callId: first });
		settle(world);
		const second = start(world, ada);
		settle(world);
		give(world, ada, { kind: "hangUp", callId: second });
		settle(world);
		const again = { type: "callStarted", callId: first, previous: second, video: false, quiet: false } as const;
		world.log.push({ author: "ada", sentAt: world.now, content: again });
		read(world, bo);
		expect(bo.rings).toEqual([first, second]);
		expect(finalRecords(bo, first)).toHaveLength(1);
	});

	test("another device of the account that answered stops the ringing here", () => {
		const { world, ada, bo } = twoPeople();
		const call = start(world, ada);
		settle(world);
		give(world, bo, {
			kind: "said",
			conversation,
			direct: true,
			people: ["ada"],
			author: { account: "bo", device: "ownOther" },
			sentAt: world.now,
			live: true,
			content: { type: "callAnswered", callId: call },
		});
		expect(bo.state.session).toMatchObject({ phase: "ended", reason: "elsewhere" });
		expect(outcomes(bo)).toEqual(["ongoing", "answered"]);
	});
});

describe("three people", () => {
	function three() {
		const world = createWorld(["ada", "bo", "cyd"]);
		settle(world);
		return { world, ada: deviceOf(world, "ada"), bo: deviceOf(world, "bo"), cyd: deviceOf(world, "cyd") };
	}

	test("one who declines ends it for himself, all who decline end it for the caller", () => {
		const { world, ada, bo, cyd } = three();
		const call = start(world, ada);
		settle(world);
		give(world, bo, { kind: "decline", callId: call });
		settle(world);
		expect([ada.state.session.phase, cyd.state.session.phase]).toEqual(["ringingOut", "ringingIn"]);
		give(world, cyd, { kind: "decline", callId: call });
		settle(world);
		expect(ada.state.session).toMatchObject({ phase: "ended", reason: "declined" });
	});

	test("who hangs up leaves the others talking and may come back", () => {
		const { world, ada, bo, cyd } = three();
		const call = start(world, ada);
		settle(world);
		give(world, bo, { kind: "answer", callId: call });
		settle(world);
		for (const device of [ada, bo]) give(world, device, { kind: "connected", callId: call, others: 1 });
		pass(world, 46_000);
		expect(outcomes(cyd)).toEqual(["ongoing", "missed"]);
		give(world, cyd, {
			kind: "start",
			conversation,
			callId: newCallKey(world),
			video: false,
			direct: false,
			quiet: false,
		});
		expect(cyd.state.session.phase).toBe("checking");
		give(world, cyd, { kind: "probed", callId: call, found: "somebody" });
		expect(cyd.state.session).toMatchObject({ phase: "joining", callId: call });
		give(world, ada, { kind: "hangUp", callId: call });
		settle(world);
		expect(bo.state.session.phase).toBe("connected");
		expect(ongoingCall(ada.state, conversation, world.now)?.callId).toBe(call);
	});

	test("membership commits are counted alike by all, and the room changes only with a removal", () => {
		const { world, ada, bo } = three();
		const call = start(world, ada);
		settle(world);
		give(world, bo, { kind: "answer", callId: call });
		settle(world);
		world.log.push({ removal: false }, { removal: true }, { removal: false });
		settle(world);
		for (const device of world.devices)
			expect(device.state.lines[0]?.current).toMatchObject({ callId: call, m: 3, roomM: 2 });
		expect(ada.bases.get(call)).toEqual([0, 1, 2, 3]);
	});

	test("a call whose room was empty for 30 s is over, and the next one names it", () => {
		const { world, ada, bo, cyd } = three();
		const call = start(world, ada);
		settle(world);
		give(world, bo, { kind: "answer", callId: call });
		settle(world);
		for (const device of [ada, bo]) device.wakeAt = undefined; // both crash
		pass(world, 46_000);
		const second = newCallKey(world);
		give(world, cyd, { kind: "start", conversation, callId: second, video: false, direct: false, quiet: false });
		for (let i = 0; i < 4; i++) {
			for (const probe of cyd.probes.splice(0)) give(world, cyd, { kind: "probed", callId: probe, found: "nobody" });
			pass(world, 10_000);
		}
		flush(world, cyd);
		expect(world.log.at(-1)).toMatchObject({ content: { type: "callStarted", callId: second, previous: call } });
	});
});
