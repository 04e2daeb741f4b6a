import { base64urlToBytes } from "@sotto/bytes";
import { likeness } from "../../envelope.ts";
import type { Sound } from "../../speech.ts";
import type { Heard } from "./calls.ts";
import type { Measured } from "./measured.ts";

export type Figures = {
	/** How like what was said the decoded sound is: the mean over its stretches of three seconds. */
	readonly likeness: number;
	readonly concealed: number;
	readonly bufferMs: number;
	readonly perSecond: number;
	readonly width: number;
	readonly quantizer: number;
	readonly frozen: number;
	readonly longestStill: number;
	readonly kbps: number;
	readonly sentKbps: number;
	readonly targetKbps: number;
	readonly joinedAgain: boolean;
};

const stretchSeconds = 3;

/** What came of it at the listener, against what was said. */
export function figuresOf({ listener, speaker }: Heard, said: Sound): Figures {
	const { audio, video, seconds } = listener;
	return {
		likeness: likenessOf(listener, (listener.recordedAt - speaker.microphoneOpenedAt) / 1000, said),
		concealed: audio.samples === 0 ? 1 : audio.concealed / audio.samples,
		bufferMs: audio.bufferMs,
		perSecond: video.frames / seconds,
		width: video.width,
		quantizer: video.quantizer,
		frozen: video.frozenSeconds / seconds,
		longestStill: video.longestStillMs / 1000,
		kbps: video.kbps,
		sentKbps: speaker.sent.kbps,
		targetKbps: speaker.sent.targetKbps,
		joinedAgain: listener.joinedAgain || speaker.joinedAgain,
	};
}

function likenessOf({ pcm, sampleRate }: Measured, startsAt: number, said: Sound): number {
	const bytes = base64urlToBytes(pcm, 1 << 24);
	if (!bytes.ok) throw new Error("the page sends base64url");
	const words = new Int16Array(bytes.value.buffer, bytes.value.byteOffset, bytes.value.length >> 1);
	const samples = Float32Array.from(words, (word) => word / 32_768);
	const length = stretchSeconds * sampleRate;
	const stretches = Array.from({ length: Math.floor(samples.length / length) }, (_, index) => {
		const stretch = { sampleRate, samples: samples.subarray(index * length, (index + 1) * length) };
		const at = startsAt + index * stretchSeconds;
		// It looks a second to either side; over a long line with a full buffer sound comes up to two seconds late.
		return Math.max(likeness(stretch, said, at), likeness(stretch, said, at - 1));
	});
	return stretches.reduce((sum, one) => sum + one, 0) / Math.max(1, stretches.length);
}

const columns = [
	"line",
	"way",
	"speech like what was said",
	"sound made up, %",
	"sound waits, ms",
	"pictures/s",
	"width",
	"quantizer",
	"frozen, %",
	"longest still, s",
	"picture kb/s came",
	"sent",
	"aimed at",
	"pictures/s, ratio",
];

export const header = `Each cell: sotto / direct.\n| ${columns.join(" | ")} |\n|${" --- |".repeat(columns.length)}`;

/** Two calls over one line, side by side. */
export function row(line: string, way: string, sotto: Figures, plain: Figures): string {
	const both = (of: (figures: Figures) => number, digits: number) =>
		`${of(sotto).toFixed(digits)} / ${of(plain).toFixed(digits)}`;
	const again = sotto.joinedAgain ? " (joined again)" : "";
	const cells = [
		line + again,
		way,
		both(({ likeness }) => likeness, 2),
		both(({ concealed }) => concealed * 100, 1),
		both(({ bufferMs }) => bufferMs, 0),
		both(({ perSecond }) => perSecond, 1),
		both(({ width }) => width, 0),
		both(({ quantizer }) => quantizer, 0),
		both(({ frozen }) => frozen * 100, 1),
		both(({ longestStill }) => longestStill, 1),
		both(({ kbps }) => kbps, 0),
		both(({ sentKbps }) => sentKbps, 0),
		both(({ targetKbps }) => targetKbps, 0),
		(sotto.perSecond / Math.max(0.1, plain.perSecond)).toFixed(2),
	];
	return `| ${cells.join(" | ")} |`;
}
