import { copyBytes, Secret } from "@sotto/bytes";
import { importCallBase, type ParticipantId } from "@sotto/crypto";
import { describe, expect, test } from "vitest";
import { FrameKeys } from "./frame-keys.ts";
import { audioStream, cameraStream } from "./streams.ts";

const base = (byte: number) => importCallBase(new Secret(new Uint8Array(32).fill(byte)));
const speech = (length: number) => new Uint8Array(length).fill(7);

/** A sender with keys for m = 0, and a receiver on whose seat 0 it sits. */
async function pair() {
	const sender = new FrameKeys();
	sender.addBase(0, await base(1));
	await sender.sendUnder(0);
	const from = await sender.begin();
	const receiver = new FrameKeys();
	receiver.addBase(0, await base(1));
	const at = await receiver.begin();
	receiver.seat(at.session, 0, from.participantId);
	const seal = async (stream: 0 | 1, frame: Uint8Array, clear = 0) => {
		const sealed = await sender.seal(from.session, stream, frame, clear);
		if (sealed === undefined) throw new Error("not sealed");
		return sealed;
	};
	const open = (frame: Uint8Array, stream: 0 | 1 = audioStream, clear = 0) =>
		receiver.open(at.session, 0, stream, frame, clear);
	return { sender, receiver, from, at, seal, open };
}

describe("sealing", () => {
	test("nothing is sealed without a key, in a session that is over, or after the base was forgotten", async () => {
		const keys = new FrameKeys();
		const first = await keys.begin();
		expect(await keys.seal(first.session, audioStream, speech(80), 0)).toBeUndefined();
		keys.addBase(0, await base(1));
		expect(await keys.seal(first.session, audioStream, speech(80), 0)).toBeUndefined();
		expect(await keys.sendUnder(0)).toBe(true);
		expect(await keys.seal(first.session, audioStream, speech(80), 0)).toBeDefined();
		const second = await keys.begin();
		keys.end(first.session);
		expect(await keys.seal(first.session, audioStream, speech(80), 0)).toBeUndefined();
		expect(await keys.seal(second.session, audioStream, speech(80), 0)).toBeDefined();
		keys.forgetBase(0);
		expect(await keys.seal(second.session, audioStream, speech(80), 0)).toBeUndefined();
		keys.addBase(0, await base(1));
		expect(await keys.sendUnder(0)).toBe(false);
	});

	test("all sound has one size, whatever was said, and a packet that does not fit stays here", async () => {
		const { seal, sender, from } = await pair();
		const sizes = new Set<number>();
		for (const length of [1, 3, 80, 137, 157]) sizes.add((await seal(audioStream, speech(length))).length);
		expect([...sizes]).toEqual([192]);
		expect(await sender.seal(from.session, audioStream, speech(158), 0)).toBeUndefined();
	});

	test("ready waits for the key, and for nothing in a session that is over", async () => {
		const keys = new FrameKeys();
		const first = await keys.begin();
		let isReady = false;
		const waiting = keys.ready(first.session).then(() => (isReady = true));
		await Promise.resolve();
		expect(isReady).toBe(false);
		keys.end(first.session);
		await waiting;
	});

	test("keying the same m twice, even at once, never repeats a counter (K3)", async () => {
		const keys = new FrameKeys();
		keys.addBase(0, await base(1));
		const { session } = await keys.begin();
		await Promise.all([keys.sendUnder(0), keys.sendUnder(0)]);
		const sealed = [await keys.seal(session, audioStream, speech(80), 0)];
		await keys.sendUnder(0);
		keys.addBase(1, await base(2));
		await keys.sendUnder(1);
		await keys.sendUnder(0);
		sealed.push(await keys.seal(session, audioStream, speech(80), 0));
		expect(sealed.every((frame) => frame !== undefined)).toBe(true);
		// The same key and counter would give the same bytes.
		expect(sealed[0]).not.toEqual(sealed[1]);
		expect(keys.announcement(session, 0)?.m).toBe(0);
	});

	test("each joining has another participant id and counts from 0 again", async () => {
		const { sender, from } = await pair();
		const again = await sender.begin();
		expect(again.participantId).not.toEqual(from.participantId);
		expect(again.session).not.toBe(from.session);
		expect(sender.sealedFrames(again.session)).toEqual([0, 0, 0]);
	});

	test("a handover (K5) seals in both rooms, under the new base alone, by two ids whose counters are their own", async () => {
		const { sender, receiver, from, at, seal, open } = await pair();
		receiver.authorize(from.participantId, 0, [0, 0, 0]);
		const old = await seal(audioStream, speech(80));
		for (const keys of [sender, receiver]) keys.addBase(1, await base(2));
		await sender.sendUnder(1);
		const next = await sender.begin();
		const there = await receiver.begin();
		receiver.seat(there.session, 0, next.participantId);
		receiver.authorize(next.participantId, 1, [0, 0, 0]);
		const inOld = await seal(audioStream, speech(81));
		const inNew = await sender.seal(next.session, audioStream, speech(82), 0);
		expect(await open(old)).toEqual({ frame: speech(80) });
		receiver.forgetBase(0);
		expect(await open(inOld)).toEqual({ frame: speech(81) });
		expect(await receiver.open(there.session, 0, audioStream, inNew as Uint8Array, 0)).toEqual({ frame: speech(82) });
		receiver.end(at.session);
		expect(await open(await seal(audioStream, speech(83)))).toEqual({ failure: "noOneSeated" });
	});

	test("who was removed opens nothing that is sealed after, in whichever room, and its own frames end with the old base", async () => {
		const { sender, receiver, from, seal, open } = await pair();
		receiver.authorize(from.participantId, 0, [0, 0, 0]);
		sender.addBase(1, await base(2));
		await sender.sendUnder(1);
		for (let k = 0; k < 20; k++) expect(await open(await seal(audioStream, speech(80)))).not.toHaveProperty("frame");
		const removed = await receiver.begin();
		await receiver.sendUnder(0);
		const listener = await sender.begin();
		sender.seat(listener.session, 0, removed.participantId);
		sender.authorize(removed.participantId, 0, [0, 0, 0]);
		const say = async () => (await receiver.seal(removed.session, audioStream, speech(80), 0)) as Uint8Array;
		expect(await sender.open(listener.session, 0, audioStream, await say(), 0)).toHaveProperty("frame");
		sender.forgetBase(0);
		expect(await sender.open(listener.session, 0, audioStream, await say(), 0)).not.toHaveProperty("frame");
	});

	test("nothing is sealed while it is held: the others are where this device cannot follow", async () => {
		const { sender, from } = await pair();
		sender.hold(true);
		expect(await sender.seal(from.session, audioStream, speech(80), 0)).toBeUndefined();
		sender.hold(false);
		expect(await sender.seal(from.session, audioStream, speech(80), 0)).toBeDefined();
	});
});

describe("opening", () => {
	test("a participant is opened only after its roster entry was checked", async () => {
		const { seal, open, receiver, from } = await pair();
		const frame = await seal(audioStream, speech(80));
		expect(await open(copyBytes(frame))).toEqual({ failure: "notAuthorized" });
		receiver.authorize(from.participantId, 0, [0, 0, 0]);
		expect(await open(copyBytes(frame))).toEqual({ frame: speech(80) });
	});

	test("a frame opens once, and an altered one never", async () => {
		const { seal, open, receiver, from } = await pair();
		receiver.authorize(from.participantId, 0, [0, 0, 0]);
		const frame = await seal(cameraStream, speech(500), 1);
		const altered = copyBytes(frame);
		altered[0] = (altered[0] as number) ^ 1;
		expect(await open(altered, cameraStream, 1)).toEqual({ failure: "doesNotOpen" });
		expect(await open(copyBytes(frame), cameraStream, 1)).toEqual({ frame: speech(500) });
		expect(await open(copyBytes(frame), cameraStream, 1)).toEqual({ failure: "replayed" });
	});

	test("frames below the announced counters are refused: they may have been recorded", async () => {
		const { seal, open, receiver, from } = await pair();
		const recorded = await seal(audioStream, speech(80));
		const live = await seal(audioStream, speech(81));
		receiver.authorize(from.participantId, 0, [1, 0, 0]);
		expect(await open(recorded)).toEqual({ failure: "replayed" });
		expect(await open(live)).toEqual({ frame: speech(81) });
		const more = [await seal(audioStream, speech(82)), await seal(audioStream, speech(83))] as const;
		receiver.authorize(from.participantId, 0, [3, 0, 0]);
		expect(await open(more[0])).toEqual({ failure: "replayed" });
		expect(await open(more[1])).toEqual({ frame: speech(83) });
	});

	test("a stream is no other stream, a participant no other participant, an empty seat nobody", async () => {
		const { seal, open, receiver, from, at } = await pair();
		const other = new Uint8Array(16).fill(3) as ParticipantId;
		receiver.authorize(from.participantId, 0, [0, 0, 0]);
		receiver.authorize(other, 0, [0, 0, 0]);
		expect(await open(await seal(cameraStream, speech(192 - 30)), audioStream)).not.toHaveProperty("frame");
		receiver.seat(at.session, 0, other);
		expect(await open(await seal(audioStream, speech(80)))).toEqual({ failure: "doesNotOpen" });
		receiver.seat(at.session, 0, undefined);
		expect(await open(await seal(audioStream, speech(80)))).toEqual({ failure: "noOneSeated" });
	});

	test("who was revoked stays so, even when an old entry is shown again", async () => {
		const { seal, open, receiver, from } = await pair();
		receiver.authorize(from.participantId, 0, [0, 0, 0]);
		receiver.revoke(from.participantId);
		receiver.authorize(from.participantId, 0, [0, 0, 0]);
		expect(await open(await seal(audioStream, speech(80)))).toEqual({ failure: "notAuthorized" });
	});

	test("a frame under a base that is not known is not opened, and is as soon as it is", async () => {
		const { sender, receiver, from, seal, open } = await pair();
		receiver.authorize(from.participantId, 0, [0, 0, 0]);
		sender.addBase(1, await base(2));
		await sender.sendUnder(1);
		expect(await open(await seal(audioStream, speech(80)))).toEqual({ failure: "unknownBase", m: 1 });
		expect(receiver.newestM()).toBe(0);
		receiver.addBase(1, await base(2));
		expect(await open(await seal(audioStream, speech(80)))).toEqual({ frame: speech(80) });
	});
});

test("our entry announces the counters as they stood 5 s ago", async () => {
	const { sender, seal, from } = await pair();
	expect(sender.announcement(from.session, 0)?.counters).toEqual([0, 0, 0]);
	for (let second = 1; second <= 12; second++) {
		for (let k = 0; k < 50; k++) await seal(audioStream, speech(80));
		sender.tick(second * 1000);
	}
	expect(sender.announcement(from.session, 12_100)?.counters[0]).toBe(350);
});
