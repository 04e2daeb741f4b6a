// npm run bench:call -- [--only "loss 10,rate"] [--rounds 1] [--seed 1]: what two Chromium decode of each other when the line of one of them is
// bad: in a call of the product (room, sealed frames), and next to it in the same run the same two browsers connected directly (plain
// WebRTC, no room, nothing sealed), over the same line. Real speech, a moving picture. Prints tables for bench/results/call.md.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { launchChromium } from "../../browsers.ts";
import { buildHarnessPage, startHarnessServer } from "../../call/harness-server.ts";
import { readWav, type Sound, speakToWav, spokenSentence } from "../../speech.ts";
import { direct, holdCall, type Outcome, type StartCall, throughRoom } from "./calls.ts";
import { type Condition, conditions } from "./conditions.ts";
import { writeMovingPicture } from "./moving-picture.ts";
import { figuresOf, header, row } from "./table.ts";

const { values } = parseArgs({
	options: {
		only: { type: "string", default: "" },
		rounds: { type: "string", default: "1" },
		seed: { type: "string", default: "1" },
	},
});

async function compare(condition: Condition, seed: number, hold: Hold, said: Sound): Promise<void> {
	const outcomes: Outcome[] = [];
	for (const start of [throughRoom, direct]) {
		const begun = performance.now();
		outcomes.push(await hold(start, condition, seed));
		console.error(`${condition.name}, ${start.name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
	}
	for (const way of ["up", "down"] as const) {
		const [sotto, plain] = outcomes.map((outcome) => figuresOf(outcome[way], said));
		if (sotto !== undefined && plain !== undefined) console.log(row(condition.name, way, sotto, plain));
	}
}

type Hold = (start: StartCall, condition: Condition, seed: number) => Promise<Outcome>;

async function run(folder: string): Promise<void> {
	const pageFolder = join(folder, "page");
	const microphone = await speakToWav(folder, "said", spokenSentence);
	const camera = join(folder, "camera.y4m");
	await Promise.all([writeMovingPicture(camera), buildHarnessPage(pageFolder, join(import.meta.dirname, "page"))]);
	const said = await readWav(microphone);
	const server = await startHarnessServer(pageFolder);
	const [ada, bob] = [await launchChromium(microphone, camera), await launchChromium(microphone, camera)];
	try {
		console.log(header);
		const wanted = values.only.split(",");
		const chosen = conditions.filter(({ name }) => wanted.some((part) => name.includes(part)));
		for (const condition of chosen)
			for (let round = 0; round < Number(values.rounds); round++)
				await compare(
					condition,
					Number(values.seed) + round,
					(...call) => holdCall({ ada, bob }, server.url, ...call),
					said,
				);
	} finally {
		await Promise.all([ada.close(), bob.close()]);
		await server.stop();
	}
}

const folder = await mkdtemp(join(tmpdir(), "sotto-bench-call-"));
await run(folder).finally(() => rm(folder, { recursive: true }));
process.exit(0);
