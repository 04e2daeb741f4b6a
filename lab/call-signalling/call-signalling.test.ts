import type { ConversationId } from "@sotto/client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { befriend, createWorld, must, outcomes, type Person, phaseIs, until, type World } from "./world.ts";

let world: World;
let ada: Person;
let bo: Person;
let adas: ConversationId;
let bos: ConversationId;

beforeAll(async () => {
	world = await createWorld();
	ada = await world.join("Ada");
	bo = await world.join("Bo");
	[adas, bos] = await befriend(ada, bo);
}, 60_000);

afterAll(() => world.end());

/** Every test leaves nobody on a call, and its own records behind it. */
let before: readonly [number, number] = [0, 0];
afterEach(async () => {
	for (const person of [ada, bo]) {
		const call = await person.call();
		if (call !== undefined && call.phase.name !== "ended") await person.client().hangUp(call.call);
	}
	for (const person of [ada, bo])
		await until("calls are over", async () => ((await person.call())?.phase.name ?? "ended") === "ended");
	before = [(await outcomes(ada, adas)).length, (await outcomes(bo, bos)).length];
});

/** What the last call became in both histories; it is on disk a moment after it is on screen. */
async function becomes(adaOutcome: string, boOutcome: string): Promise<void> {
	const expected = [[adaOutcome], [boOutcome]];
	const now = async () => [(await outcomes(ada, adas)).slice(before[0]), (await outcomes(bo, bos)).slice(before[1])];
	const isSo = async () => JSON.stringify(await now()) === JSON.stringify(expected);
	await until("the histories have it", isSo, 3).catch(async () => expect(await now()).toEqual(expected));
}

async function adaCalls(video = false): Promise<string> {
	const { call } = must(await ada.client().startCall(adas, { video }));
	await until("Bo's side rings", phaseIs(bo, "ringing"));
	await until("Ada's side rings", phaseIs(ada, "ringing"));
	return call;
}

async function boAnswers(): Promise<string> {
	const call = (await bo.call())?.call ?? "";
	must(await bo.client().answerCall(call));
	await until("Ada joins", phaseIs(ada, "joining"));
	return call;
}

/** What the pages would report once they hear each other. */
async function bothHear(): Promise<void> {
	for (const person of [ada, bo]) {
		const call = (await person.call())?.call ?? "";
		must(await person.client().reportMedia(call, { phase: "connected", participants: 1 }));
		await until("connected", phaseIs(person, "connected"));
	}
}

describe("a call over the real server", () => {
	test("rings, is answered, and both ends have the same room and keys", async () => {
		const call = await adaCalls(true);
		expect(await bo.call()).toMatchObject({ call, direction: "incoming", video: true, title: "Ada" });
		expect((await bo.client().callMedia(call)).ok).toBe(false);
		await boAnswers();
		const media = [must(await ada.client().callMedia(call)), must(await bo.client().callMedia(call))] as const;
		expect(media[0].roomId).toEqual(media[1].roomId);
		expect(media[0].callBases).toEqual(media[1].callBases);
		expect(media[0].m).toBe(0);
		expect(media[0].joinKey.extractable).toBe(false);
		await bothHear();
		must(await bo.client().hangUp(call));
		await until("Ada's side ends", phaseIs(ada, "ended", "remoteHungUp"));
		await becomes("outgoing answered", "incoming answered");
		expect((await ada.client().callMedia(call)).ok).toBe(false);
	});

	test("a signed, sealed roster entry names its author at the other end, and at no third", async () => {
		const call = await adaCalls();
		await boAnswers();
		const participantId = crypto.getRandomValues(new Uint8Array(16));
		const seen = [crypto.getRandomValues(new Uint8Array(16))];
		const signs = { muted: false, handRaisedAt: 5, camera: true, screen: false, weakLine: true };
		const said = { count: 1, signs, reactions: [{ n: 1, emoji: "👍" }] };
		const entry = { participantId, m: 0, supersedes: undefined, counters: [7, 3, 0], seen, ...said };
		const sealed = must(await ada.client().sealRoster(call, entry));
		expect(sealed.length % 1024).toBe(0);
		const opened = must(await bo.client().openRoster(call, sealed));
		expect(opened).toMatchObject({ participantId, m: 0, counters: [7, 3, 0], seen, ...said, person: { name: "Ada" } });
		// Its own author does not take it for somebody else's, and changed bytes open nowhere.
		expect((await ada.client().openRoster(call, sealed)).ok).toBe(false);
		const changed = sealed.slice();
		changed[40] = (changed[40] as number) ^ 1;
		expect((await bo.client().openRoster(call, changed)).ok).toBe(false);
		// A later id retires this one: played again, it is refused.
		const next = { ...entry, participantId: crypto.getRandomValues(new Uint8Array(16)), supersedes: participantId };
		must(await bo.client().openRoster(call, must(await ada.client().sealRoster(call, next))));
		expect((await bo.client().openRoster(call, sealed)).ok).toBe(false);
	});

	test("is declined with words", async () => {
		const call = await adaCalls();
		must(await bo.client().declineCall(call, "Can you write instead?"));
		await until("Ada hears of it", phaseIs(ada, "ended", "declined"));
		await becomes("outgoing declined", "incoming declined");
		const said = async () =>
			(await ada.client().history(adas)).items.some((item) => "text" in item && item.text === "Can you write instead?");
		await until("the words arrive", said);
	});

	test("is called off before the answer", async () => {
		const call = await adaCalls();
		must(await ada.client().hangUp(call));
		await until("Bo's side stops ringing", phaseIs(bo, "ended", "missed"));
		await becomes("outgoing cancelled", "incoming missed");
	});

	test("finds nobody: both clocks give up after 45 s", async () => {
		await adaCalls();
		for (const person of [ada, bo]) person.clock.advance(45_000);
		await until("Ada gives up", phaseIs(ada, "ended", "noAnswer"));
		await until("Bo's side stops ringing", phaseIs(bo, "ended", "missed"));
		await becomes("outgoing noAnswer", "incoming missed");
	});

	test("finds its callee busy, whose first call goes on", async () => {
		const cyd = await world.join("Cyd");
		const [, bosWithCyd] = await befriend(cyd, bo);
		await adaCalls();
		await boAnswers();
		await bothHear();
		const [conversation] = (await cyd.view()).conversations;
		must(await cyd.client().startCall(conversation?.id ?? "", { video: false }));
		await until("Cyd hears of it", phaseIs(cyd, "ended", "busy"));
		expect(await outcomes(bo, bosWithCyd)).toEqual(["incoming busy"]);
		expect((await bo.call())?.phase.name).toBe("connected");
	});

	test("glare: two who call each other at once are in one call, and nothing rings", async () => {
		const rangBefore = [ada.rang.length, bo.rang.length];
		const [one, two] = await Promise.all([
			ada.client().startCall(adas, { video: false }),
			bo.client().startCall(bos, { video: false }),
		]);
		const keys = [must(one).call, must(two).call];
		for (const person of [ada, bo]) await until("joins", phaseIs(person, "joining"));
		// Each side goes on under the key that its own button got, and both have the same room.
		expect([(await ada.call())?.call, (await bo.call())?.call]).toEqual(keys);
		const rooms = [must(await ada.client().callMedia(keys[0] ?? "")), must(await bo.client().callMedia(keys[1] ?? ""))];
		expect(rooms[0]?.roomId).toEqual(rooms[1]?.roomId);
		expect([ada.rang.length, bo.rang.length]).toEqual(rangBefore);
	});

	test("a caller who crashed while it rang does not block the next call", async () => {
		await adaCalls();
		await ada.stop();
		bo.clock.advance(46_000);
		await until("Bo's side stops ringing", phaseIs(bo, "ended", "missed"));
		must(await bo.client().startCall(bos, { video: false }));
		await until("Bo's call is out", phaseIs(bo, "ringing"));
		ada.clock.advance(46_000);
		await ada.start();
		await until("Ada's side rings", phaseIs(ada, "ringing"));
		expect(await ada.call()).toMatchObject({ direction: "incoming" });
	});

	test("a reload in mid-call comes back without a click, into the same room", async () => {
		const call = await adaCalls();
		await boAnswers();
		await bothHear();
		const room = must(await ada.client().callMedia(call)).roomId;
		await ada.stop();
		ada.clock.advance(5_000);
		await ada.start();
		await until("Ada is back", phaseIs(ada, "reconnecting"));
		const media = must(await ada.client().callMedia(call));
		expect(media.roomId).toEqual(room);
		must(await ada.client().reportMedia(call, { phase: "connected", participants: 1 }));
		await until("connected again", phaseIs(ada, "connected"));
		expect((await bo.call())?.phase.name).toBe("connected");
	});

	test("a reload while it rings goes on ringing, and rings once", async () => {
		const call = await adaCalls();
		const rangBefore = bo.rang.filter((rang) => rang === call).length;
		await bo.stop();
		await bo.start();
		await until("still rings", phaseIs(bo, "ringing"));
		expect((await bo.call())?.call).toBe(call);
		expect(rangBefore).toBe(1);
		must(await bo.client().answerCall(call));
		await until("Ada joins", phaseIs(ada, "joining"));
	});

	test("a call of yesterday does not come back", async () => {
		await adaCalls();
		await boAnswers();
		await bothHear();
		await ada.stop();
		ada.clock.advance(24 * 3_600_000);
		await ada.start();
		await until("Ada's side has ended", phaseIs(ada, "ended", "failed"));
		await until("Bo's side learns of it", phaseIs(bo, "ended", "remoteHungUp"));
	});
});

describe("clocks that are off", () => {
	test("a caller whose clock is an hour slow, and one whose clock is an hour fast, still ring", async () => {
		for (const [name, skewMs] of [
			["Dee", -3_600_000],
			["Eve", 3_600_000],
		] as const) {
			const dee = await world.join(name, { skewMs });
			const [conversation] = await befriend(dee, bo);
			must(await dee.client().startCall(conversation, { video: false }));
			await until("Bo's side rings", phaseIs(bo, "ringing"));
			const call = (await bo.call())?.call ?? "";
			must(await bo.client().declineCall(call));
			await until(`${name} hears of it`, phaseIs(dee, "ended", "declined"));
		}
	});
});
