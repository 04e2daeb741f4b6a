import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { CallKey, CallWords } from "./messages.ts";
import type { Author, CallEffect, CallInput, CallSession, CallState } from "./state.ts";
import { stepCalls } from "./machine.ts";
import { conversation, createWorld, type Device, deviceOf, give, settle, start, type World } from "./world.test-kit.ts";

// The table in docs/spec/calls.md is what the machine does, seen by ada in a conversation of two. UPDATE_TABLES=1 writes it.
const page = new URL("../../../../docs/spec/calls.md", import.meta.url);
const mark = { begin: "<!-- state table: begin -->", end: "<!-- state table: end -->" };

type Situation = { readonly world: World; readonly ada: Device; readonly callId: CallKey };

function situation(phase: CallSession["phase"]): Situation {
	const world = createWorld(["ada", "bo"]);
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

function saying(author: Author, content: CallWords): CallInput {
	return {
		kind: "said",
		conversation,
		direct: true,
		people: ["bo"],
		author,
		sentAt: 1_000_000_000,
		live: true,
		content,
	};
}

type Row = { readonly when: string; readonly inputs: (at: Situation) => readonly CallInput[]; readonly after?: number };
const tip: CallInput = { kind: "tip", conversation };

const rows: readonly Row[] = [
	{
		when: "the user calls",
		inputs: () => [{ kind: "start", conversation, callId: other, video: false, direct: true }],
	},
	{ when: "the user answers", inputs: ({ callId }) => [{ kind: "answer", callId }] },
	{ when: "the user declines", inputs: ({ callId }) => [{ kind: "decline", callId }] },
	{ when: "the user hangs up", inputs: ({ callId }) => [{ kind: "hangUp", callId }] },
	{
		when: "the own start counts",
		inputs: ({ callId }) => [
			saying(
				{ account: "ada", device: "thisDevice" },
				{ type: "callStarted", callId, previous: undefined, video: false },
			),
			tip,
		],
	},
	{
		when: "their start counts",
		inputs: ({ ada }) => [
			saying(bo, { type: "callStarted", callId: other, previous: ada.state.lines[0]?.current?.callId, video: false }),
			tip,
		],
	},
	{
		when: "their start loses to this call",
		inputs: () => [saying(bo, { type: "callStarted", callId: other, previous: other, video: false }), tip],
	},
	{ when: "they answer", inputs: ({ callId }) => [saying(bo, { type: "callAnswered", callId })] },
	{
		when: "another own device answers",
		inputs: ({ callId }) => [saying({ account: "ada", device: "ownOther" }, { type: "callAnswered", callId })],
	},
	{
		when: "they decline",
		inputs: ({ callId }) => [saying(bo, { type: "callDeclined", callId, reason: "declined" })],
	},
	{ when: "they are busy", inputs: ({ callId }) => [saying(bo, { type: "callDeclined", callId, reason: "busy" })] },
	{ when: "they end it", inputs: ({ callId }) => [saying(bo, { type: "callEnded", callId })] },
	{ when: "somebody is heard", inputs: ({ callId }) => [{ kind: "connected", callId, others: 1 }] },
	{ when: "the media is lost", inputs: ({ callId }) => [{ kind: "lost", callId }] },
	{ when: "the media cannot be", inputs: ({ callId }) => [{ kind: "mediaFailed", callId }] },
	{ when: "a member is removed", inputs: () => [{ kind: "membership", conversation, removal: true }] },
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

function lineOfTable(phase: (typeof phases)[number], row: Row): string | undefined {
	const at = situation(phase);
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

test("the state table of the specification is what the machine does", async () => {
	const lines = phases.flatMap((phase) =>
		rows.map((row) => lineOfTable(phase, row)).filter((line) => line !== undefined),
	);
	const table = ["| In | When | Then | Does |", "| --- | --- | --- | --- |", ...lines].join("\n");
	const text = await readFile(page, "utf8");
	const [head, rest] = text.split(mark.begin) as [string, string];
	const [, tail] = rest.split(mark.end) as [string, string];
	const wanted = `${head}${mark.begin}\n\n${table}\n\n${mark.end}${tail}`;
	if (process.env.UPDATE_TABLES === "1") await writeFile(page, wanted);
	expect(lines.length).toBeGreaterThan(50);
	expect(await readFile(page, "utf8")).toBe(wanted);
});
