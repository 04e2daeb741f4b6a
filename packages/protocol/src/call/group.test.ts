import { describe, expect, test } from "vitest";
import { ongoingCall } from "./line.ts";
import type { JoinerCall } from "./state.ts";
import { callForJoiner } from "./tip.ts";
import {
	callOf,
	conversation,
	createWorld,
	type Device,
	deviceOf,
	finalRecords,
	give,
	pass,
	settle,
	start,
	type World,
} from "./world.test-kit.ts";

function group(names: readonly string[] = ["ada", "bo", "cyd"]) {
	const world = createWorld(names);
	settle(world);
	return { world, ada: deviceOf(world, "ada"), bo: deviceOf(world, "bo"), cyd: deviceOf(world, "cyd") };
}

/** Ada's call with Bo in it; Cyd let it ring. */
function talking(names?: readonly string[]) {
	const people = group(names);
	const { world, ada, bo } = people;
	const call = start(world, ada);
	settle(world);
	give(world, bo, { kind: "answer", callId: call });
	settle(world);
	for (const device of [ada, bo]) give(world, device, { kind: "connected", callId: call, others: 1 });
	pass(world, 50_000);
	return { ...people, call };
}

function ongoing(world: World, device: Device): string | undefined {
	return ongoingCall(device.state, conversation, world.now)?.callId;
}

describe("a call that goes on", () => {
	test("is joined without ringing anybody, by who missed it", () => {
		const { world, ada, bo, cyd, call } = talking();
		expect(ongoing(world, cyd)).toBe(call);
		const rings = [ada, bo, cyd].map((device) => device.rings.length);
		give(world, cyd, { kind: "join", conversation });
		settle(world);
		expect(cyd.state.session).toMatchObject({ phase: "joining", callId: call });
		expect([ada, bo, cyd].map((device) => device.rings.length)).toEqual(rings);
		expect(ongoing(world, cyd)).toBeUndefined();
	});

	test("is left by one without ending it, and ended by the last one out", () => {
		const { world, ada, bo, cyd, call } = talking();
		give(world, ada, { kind: "hangUp", callId: call });
		settle(world);
		expect(bo.state.session.phase).toBe("connected");
		expect([ongoing(world, ada), ongoing(world, cyd)]).toEqual([call, call]);
		give(world, bo, { kind: "connected", callId: call, others: 0 });
		give(world, bo, { kind: "hangUp", callId: call });
		settle(world);
		expect([ada, bo, cyd].map((device) => ongoing(world, device))).toEqual([undefined, undefined, undefined]);
		expect([ada, bo, cyd].map((device) => device.bases.size)).toEqual([0, 0, 0]);
	});

	test("whose people have all crashed is cleared away by whoever joins it, finds nobody and leaves", () => {
		const { world, ada, bo, cyd, call } = talking();
		for (const device of [ada, bo]) device.wakeAt = undefined;
		give(world, cyd, { kind: "join", conversation });
		give(world, cyd, { kind: "connected", callId: call, others: 0 });
		expect(cyd.state.session.phase).toBe("connected");
		give(world, cyd, { kind: "hangUp", callId: call });
		settle(world);
		expect(ongoing(world, cyd)).toBeUndefined();
	});

	test("a button of yesterday joins nothing", () => {
		const { world, ada, bo, cyd, call } = talking();
		for (const device of [ada, bo]) give(world, device, { kind: "connected", callId: call, others: 0 });
		for (const device of [ada, bo]) give(world, device, { kind: "hangUp", callId: call });
		settle(world);
		give(world, cyd, { kind: "join", conversation });
		expect(cyd.state.session.phase).not.toBe("joining");
	});
});

describe("a call that is opened quietly", () => {
	test("rings nobody, is nobody's missed call, and is there for everybody to join", () => {
		const { world, ada, bo, cyd } = group();
		const call = start(world, ada, { quiet: true });
		settle(world);
		expect(ada.state.session).toMatchObject({ phase: "joining", callId: call });
		give(world, ada, { kind: "connected", callId: call, others: 0 });
		pass(world, 3_600_000);
		expect([bo.rings, cyd.rings, bo.records, cyd.records]).toEqual([[], [], [], []]);
		expect([ongoing(world, bo), ongoing(world, cyd)]).toEqual([call, call]);
		give(world, bo, { kind: "join", conversation });
		settle(world);
		expect(callOf(bo)).toBe(call);
		expect(ada.state.session).toMatchObject({ phase: "connected", others: 0 });
	});

	test("ends for all when its caller leaves and nobody has come", () => {
		const { world, ada, bo } = group();
		const call = start(world, ada, { quiet: true });
		settle(world);
		give(world, ada, { kind: "hangUp", callId: call });
		settle(world);
		expect(ongoing(world, bo)).toBeUndefined();
		expect(finalRecords(ada, call)).toHaveLength(1);
	});

	test("between two people rings all the same", () => {
		const world = createWorld(["ada", "bo"]);
		settle(world);
		start(world, deviceOf(world, "ada"), { quiet: true });
		settle(world);
		expect(deviceOf(world, "bo").state.session.phase).toBe("ringingIn");
	});
});

describe("several devices of one account", () => {
	test("a call is moved to another device by joining there, and goes on for the others", () => {
		const { world, ada, bo, call } = talking(["ada", "bo", "cyd", "bo/phone"]);
		const phone = deviceOf(world, "bo/phone");
		expect(ongoing(world, phone)).toBe(call);
		give(world, phone, { kind: "join", conversation });
		settle(world);
		expect(bo.state.session).toMatchObject({ phase: "ended", reason: "elsewhere" });
		expect(phone.state.session).toMatchObject({ phase: "joining", callId: call });
		expect(ada.state.session.phase).toBe("connected");
		expect(ongoing(world, bo)).toBe(call);
	});

	test("of two people too: moving it ends it for nobody, and back again", () => {
		const world = createWorld(["ada", "bo", "bo/phone"]);
		settle(world);
		const [ada, bo, phone] = world.devices as [Device, Device, Device];
		const call = start(world, ada);
		settle(world);
		expect([bo.state.session.phase, phone.state.session.phase]).toEqual(["ringingIn", "ringingIn"]);
		give(world, bo, { kind: "answer", callId: call });
		settle(world);
		expect(phone.state.session).toMatchObject({ phase: "ended", reason: "elsewhere" });
		for (const device of [phone, bo]) {
			give(world, device, { kind: "join", conversation });
			settle(world);
			expect(device.state.session).toMatchObject({ phase: "joining", callId: call });
			expect(device.bases.get(call)).toEqual([0]);
		}
		expect(ada.state.session).toMatchObject({ phase: "joining", callId: call });
	});
});

describe("who is added or removed during a call", () => {
	/** Dia enters by a commit; she is told what `teller` knows, and reads on from there. */
	function add(world: World, teller: Device): { readonly dia: Device; readonly told: JoinerCall | undefined } {
		world.log.push({ removal: false });
		settle(world);
		const told = callForJoiner(teller.state, conversation);
		const dia = createWorld(["dia"]).devices[0] as Device;
		dia.read = world.log.length;
		(world.devices as Device[]).push(dia);
		give(world, dia, { kind: "entered", conversation, direct: false, call: told });
		return { dia, told };
	}

	test("the added one sees that the call goes on, holds the key of its entering, and counts with everybody from there", () => {
		const { world, ada, call } = talking();
		const { dia } = add(world, ada);
		expect(ongoing(world, dia)).toBe(call);
		expect(dia.bases.get(call)).toEqual([1]);
		world.log.push({ removal: true });
		settle(world);
		expect(dia.state.lines[0]?.current).toMatchObject({ m: 2, roomM: 2 });
		expect(ada.state.lines[0]?.current).toMatchObject({ m: 2, roomM: 2 });
		give(world, dia, { kind: "join", conversation });
		settle(world);
		expect(callOf(dia)).toBe(call);
	});

	test("the added one's own start names the call that is over, so that it counts", () => {
		const { world, ada, bo, call } = talking();
		give(world, ada, { kind: "hangUp", callId: call });
		give(world, bo, { kind: "connected", callId: call, others: 0 });
		give(world, bo, { kind: "hangUp", callId: call });
		settle(world);
		const { dia, told } = add(world, ada);
		expect(told).toMatchObject({ callId: call, over: true, hasRoom: false });
		expect(ongoing(world, dia)).toBeUndefined();
		const second = start(world, dia);
		settle(world);
		expect([callOf(ada), callOf(bo)]).toEqual([second, second]);
	});

	test("by an adder that has no keys, one learns the name and cannot join, but is in step for the next call", () => {
		const { world, ada } = talking();
		give(world, ada, { kind: "stopped", conversation });
		const { dia, told } = add(world, ada);
		expect(told).toMatchObject({ hasRoom: false, over: false });
		expect([ongoing(world, dia), dia.bases.size]).toEqual([undefined, 0]);
	});

	test("the removed one is out of the call at once and holds no key of it", () => {
		const { world, bo, call } = talking();
		give(world, bo, { kind: "stopped", conversation });
		expect(bo.state.session).toMatchObject({ phase: "ended", reason: "failed" });
		expect(bo.bases.has(call)).toBe(false);
		expect(ongoing(world, bo)).toBeUndefined();
		give(world, bo, { kind: "join", conversation });
		expect(bo.state.session.phase).toBe("ended");
	});
});
