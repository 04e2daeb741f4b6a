import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { CallKey, CallWords } from "./messages.ts";
import type { Author, CallEffect, CallInput, CallSession, CallState } from "./state.ts";
import { stepCalls } from "./machine.ts";
import { conversation, createWorld, type Device, deviceOf, give, settle, start, type World } from "./world.test-kit.ts";

// The tables in docs/spec/calls.md are what the machine does, seen by ada in a conversation of two, and of three where that
// differs. UPDATE_TABLES=1 writes them.
const page = new URL("../../../../docs/spec/calls.md", import.meta.url);
const twoPeople = ["ada", "bo"] as const;
const threePeople = ["ada", "bo", "cyd"] as const;
type Names = typeof twoPeople | typeof threePeople;

type Situation = { readonly world: World; readonly ada: Device; readonly callId: CallKey };

function situation(phase: CallSession["phase"], names: Names): Situation {
	const world = createWorld(names);
	settle(world);
	const [ada, bo] = [deviceOf(world, "ada"), deviceOf(world, "bo")];
	if (phase === "idle") return { world, ada, callId: "AAAAAAAAAAAAAAAAAAAAAA" };
	if (phase === "ringingIn") {
		const callId = start(world, bo);
		settle(world);
		return { world, ada, callId };
	}
	const callId = start(world, ada);
	if (phase === "starting") return { world, ada, callId };
	settle(world);
	if (phase === "ringingOut") return { world, ada, callId };
	give(world, bo, { kind: "answer", callId });
	settle(world);
	if (phase === "joining") return { world, ada, callId };
	give(world, ada, { kind: "connected", callId, others: 1 });
	if (phase === "reconnecting") give(world, ada, { kind: "lost", callId });
	if (phase === "ended") give(world, ada, { kind: "hangUp", callId });
	return { world, ada, callId };
}

const bo: Author = { account: "bo", device: "other" };
const other = "_____________________w";

function saying({ world }: Situation, author: Author, content: CallWords): CallInput {
	return {
		kind: "said",
		conversation,
		direct: world.devices.length === 2,
		people: world.devices.map(({ name }) => name).filter((name) => name !== "ada"),
		author,
		sentAt: 1_000_000_000,
		live: true,
		content,
	};
}

type Row = {
	readonly when: string;
	readonly inputs: (at: Situation) => readonly CallInput[];
	readonly after?: number;
	readonly only?: readonly CallSession["phase"][];
};
const tip: CallInput = { kind: "tip", conversation };

const ada: Author = { account: "ada", device: "thisDevice" };
const starts = (at: Situation, quiet: boolean): CallWords => {
	const previous = at.ada.state.lines[0]?.current?.callId;
	return { type: "callStarted", callId: other, previous, video: false, quiet };
};
const isDirect = ({ world }: Situation) => world.devices.length === 2;

const rows: readonly Row[] = [
	{
		when: "the user calls",
		inputs: (at) => [
			{ kind: "start", conversation, callId: other, video: false, direct: isDirect(at), quiet: false },
			{ kind: "probed", callId: at.callId, found: "somebody" },
		],
	},
	{
		when: "the user opens a call quietly",
		only: ["idle"],
		inputs: (at) => [
			{ kind: "start", conversation, callId: other, video: false, direct: isDirect(at), quiet: true },
			saying(at, ada, starts(at, !isDirect(at))),
			tip,
		],
	},
	{ when: "the user joins what goes on", inputs: () => [{ kind: "join", conversation }] },
	{ when: "the user answers", inputs: ({ callId }) => [{ kind: "answer", callId }] },
	{ when: "the user declines", inputs: ({ callId }) => [{ kind: "decline", callId }] },
	{ when: "the user hangs up", inputs: ({ callId }) => [{ kind: "hangUp", callId }] },
	{
		when: "the own start counts",
		inputs: (at) => [
			saying(at, ada, {
				type: "callStarted",
				callId: at.callId,
				previous: undefined,
				video: false,
				quiet: false,
			}),
			tip,
		],
	},
	{ when: "their start counts", inputs: (at) => [saying(at, bo, starts(at, false)), tip] },
	{ when: "their quiet start counts", inputs: (at) => [saying(at, bo, starts(at, true)), tip] },
	{
		when: "their start loses to this call",
		inputs: (at) => [saying(at, bo, { ...starts(at, false), previous: other } as CallWords), tip],
	},
	{ when: "they answer", inputs: (at) => [saying(at, bo, { type: "callAnswered", callId: at.callId })] },
	{
		when: "another own device answers",
		inputs: (at) => [saying(at, { account: "ada", device: "ownOther" }, { type: "callAnswered", callId: at.callId })],
	},
	{
		when: "they decline",
		inputs: (at) => [saying(at, bo, { type: "callDeclined", callId: at.callId, reason: "declined" })],
	},
	{
		when: "they are busy",
		inputs: (at) => [saying(at, bo, { type: "callDeclined", callId: at.callId, reason: "busy" })],
	},
	{ when: "they end it", inputs: (at) => [saying(at, bo, { type: "callEnded", callId: at.callId })] },
	{ when: "somebody is heard", inputs: ({ callId }) => [{ kind: "connected", callId, others: 1 }] },
	{ when: "nobody is in the room", inputs: ({ callId }) => [{ kind: "connected", callId, others: 0 }] },
	{
		when: "nobody is in the room and the user hangs up",
		only: ["joining"],
		inputs: ({ callId }) => [
			{ kind: "connected", callId, others: 0 },
			{ kind: "hangUp", callId },
		],
	},
	{ when: "the media is lost", inputs: ({ callId }) => [{ kind: "lost", callId }] },
	{ when: "the media cannot be", inputs: ({ callId }) => [{ kind: "mediaFailed", callId }] },
	{ when: "a member is removed", inputs: () => [{ kind: "membership", conversation, removal: true }] },
	{ when: "somebody is added", inputs: () => [{ kind: "membership", conversation, removal: false }] },
	{ when: "this device is removed", inputs: () => [{ kind: "stopped", conversation }] },
	{ when: "45 s pass", after: 45_000, inputs: () => [{ kind: "wake" }] },
	{ when: "90 s pass", after: 90_000, inputs: () => [{ kind: "wake" }] },
	{ when: "the engine comes back after 10 s", after: 10_000, inputs: () => [{ kind: "restarted" }] },
	{ when: "the engine comes back after a day", after: 86_400_000, inputs: () => [{ kind: "restarted" }] },
];

const phases = [
	"idle",
	"starting",
	"ringingOut",
	"ringingIn",
	"joining",
	"connected",
	"reconnecting",
	"ended",
] as const;

function lineOfTable(phase: (typeof phases)[number], row: Row, names: Names): string | undefined {
	if (row.only?.includes(phase) === false) return undefined;
	const at = situation(phase, names);
	const now = at.world.now + (row.after ?? 0);
	let state: CallState = at.ada.state;
	const effects: CallEffect[] = [];
	for (const input of row.inputs(at)) {
		const step = stepCalls(state, input, now);
		state = step.state;
		effects.push(...step.effects);
	}
	const shown = effects.map(effectText).filter((text) => text !== undefined);
	const next = state.session.phase === "ended" ? `ended (${state.session.reason})` : state.session.phase;
	const isSame = state.session.phase === phase && (phase === "idle" || phase === "ended" || shown.length === 0);
	if (isSame && shown.length === 0) return undefined;
	return `| ${phase} | ${row.when} | ${next} | ${shown.join("; ")} |`;
}

function effectText(effect: CallEffect): string | undefined {
	switch (effect.kind) {
		case "send":
			return effect.content.type === "callDeclined" ? `says ${effect.content.reason}` : `says ${effect.content.type}`;
		case "record":
			return effect.record.outcome === "ongoing"
				? undefined
				: `record: ${effect.record.direction} ${effect.record.outcome}`;
		case "takeBase":
			return `takes callBase(${effect.m})${effect.room ? " and its room" : ""}`;
		case "dropBases":
			return "forgets the keys";
		case "mediaChanged":
			return "the page asks for room and keys again";
		case "sendText":
		case "probe":
		case "wakeAt":
			return undefined;
	}
}

function linesFor(names: Names): readonly string[] {
	return phases.flatMap((phase) =>
		rows.map((row) => lineOfTable(phase, row, names)).filter((line) => line !== undefined),
	);
}

/** The page with `lines` as the table of this name. */
function withTable(text: string, name: string, lines: readonly string[]): string {
	const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
	const table = ["| In | When | Then | Does |", "| --- | --- | --- | --- |", ...lines].join("\n");
	const [head, rest] = text.split(begin) as [string, string];
	const [, tail] = rest.split(end) as [string, string];
	return `${head}${begin}\n\n${table}\n\n${end}${tail}`;
}

test("the state tables of the specification are what the machine does", async () => {
	const ofTwo = linesFor(twoPeople);
	const ofThree = linesFor(threePeople).filter((line) => !ofTwo.includes(line));
	const text = await readFile(page, "utf8");
	const wanted = withTable(withTable(text, "state table", ofTwo), "group table", ofThree);
	if (process.env.UPDATE_TABLES === "1") await writeFile(page, wanted);
	expect(ofTwo.length).toBeGreaterThan(65);
	expect(ofThree.length).toBeGreaterThan(15);
	expect(await readFile(page, "utf8")).toBe(wanted);
});
