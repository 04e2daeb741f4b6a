import { type Bytes, copyBytes, Secret } from "@sotto/bytes";
import { importCallBase } from "@sotto/crypto";
import { afterEach, describe, expect, test } from "vitest";
import { FrameKeys } from "../../media/frame-keys.ts";
import { audioStream } from "../../media/streams.ts";
import { Sending } from "./sending.ts";

const base = (byte: number) => importCallBase(new Secret(new Uint8Array(32).fill(byte)));
const file: readonly Bytes[] = Array.from({ length: 60 }, (_, index) => new Uint8Array(80).fill(index + 1));

let stop = () => {};
afterEach(() => stop());

async function until(isMet: () => boolean): Promise<void> {
	while (!isMet()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A sender under `callBase(0)`, and a listener with the same keys. */
async function speaker() {
	const [keys, ears] = [new FrameKeys(), new FrameKeys()];
	const add = async (m: number) => {
		for (const one of [keys, ears]) one.addBase(m, await base(m + 1));
		await keys.sendUnder(m);
	};
	await add(0);
	const sending = new Sending({ sound: file, pictures: undefined }, keys, () => {});
	stop = () => sending.stop();
	sending.somebodyHears();
	/** A joining and its line, which sends only when it is told to. */
	const line = async () => {
		const from = await keys.begin();
		const at = await ears.begin();
		ears.seat(at.session, 0, from.participantId);
		const waiting: Bytes[] = [];
		let isAskedToDrop = false;
		const say: Parameters<Sending["begin"]>[1] = (message) => {
			if (message.type === "sound") waiting.push(copyBytes(message.frame));
			if (message.type === "drop") isAskedToDrop = true;
		};
		sending.begin(from.session, say);
		return {
			session: from.session,
			waiting,
			isAskedToDrop: () => isAskedToDrop,
			async send(frames: number): Promise<readonly number[]> {
				const said: number[] = [];
				for (const frame of waiting.splice(0, frames)) {
					for (const m of [0, 1]) ears.authorize(from.participantId, m, [0, 0, 0]);
					const opened = await ears.open(at.session, 0, audioStream, frame, 0);
					if (!("frame" in opened)) throw new Error(opened.failure);
					if (opened.frame.length === 80) said.push((opened.frame[0] as number) - 1);
				}
				sending.left(from.session, frames);
				return said;
			},
			drop: () => sending.dropped(from.session, waiting.splice(0).length),
		};
	};
	return { keys, ears, sending, add, line };
}

/** Sends until the file has begun, and `count` packets of it have left. */
async function say(line: Awaited<ReturnType<Awaited<ReturnType<typeof speaker>>["line"]>>, count: number) {
	const said: number[] = [];
	while (said.length < count) {
		await until(() => line.waiting.length > 0);
		said.push(...(await line.send(1)));
	}
	return said;
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe("what is said out of a file", () => {
	test("K5: what waits to leave after a removal does not leave under the old key, and nothing of it is lost", async () => {
		const { ears, sending, add, line } = await speaker();
		const only = await line();
		expect(await say(only, 20)).toEqual(numbers(0, 20));
		await until(() => only.waiting.length === 25);
		await add(1);
		sending.sealAgain();
		expect(only.isAskedToDrop()).toBe(true);
		only.drop();
		// Whoever has the old key alone opens nothing more.
		ears.forgetBase(0);
		expect(await say(only, 40)).toEqual(numbers(20, 60));
	});

	test("K5: while there are two rooms the same is said in both, and then in the new one goes on", async () => {
		const { sending, line } = await speaker();
		const old = await line();
		await say(old, 10);
		const next = await line();
		expect(await Promise.all([say(old, 15), say(next, 15)])).toEqual([numbers(10, 25), numbers(10, 25)]);
		sending.end(old.session);
		expect(await say(next, 35)).toEqual(numbers(25, 60));
	});

	test("what had not left when a connection was lost is said on the next one", async () => {
		const { sending, line } = await speaker();
		const first = await line();
		await say(first, 30);
		await until(() => first.waiting.length === 25);
		sending.end(first.session);
		expect(await say(await line(), 30)).toEqual(numbers(30, 60));
	});
});
