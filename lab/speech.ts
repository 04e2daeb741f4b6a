import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Mono sound: samples from -1 to 1 at `sampleRate` per second. */
export type Sound = { readonly sampleRate: number; readonly samples: Float32Array };

/** Two sentences whose envelopes have nothing to do with each other. */
export const spokenSentence =
	"The ferry leaves at seven. Please bring the blue suitcase, two umbrellas, and your grandmother's letters. Do not be late!";
export const otherSentence =
	"In winter, the mountain road is closed to lorries; ask at the second farmhouse, where a dog barks, for the key.";

/**
 * Speaks `text` into a 48 kHz mono WAV in `folder`, silence cut off at both ends: a browser repeats its microphone file, and
 * shared pauses would make any two sentences look alike. Needs espeak-ng and sox. Returns the file's path.
 */
export async function speakToWav(folder: string, name: string, text: string): Promise<string> {
	const spoken = join(folder, `${name}-spoken.wav`);
	const finished = join(folder, `${name}.wav`);
	await run("espeak-ng", ["-v", "en", "-s", "150", "-w", spoken, text]);
	const trim = ["silence", "1", "0.02", "0.5%", "reverse"];
	const effects = ["gain", "-n", "-3", ...trim, ...trim];
	await run("sox", [spoken, "-r", "48000", "-c", "1", "-b", "16", finished, ...effects]);
	return finished;
}

/** Encodes `wav`, over and over for so long, as the Ogg Opus file that a command line plays into a call. Needs ffmpeg. */
export async function repeatedOpus(wav: string, path: string, seconds: number): Promise<void> {
	const opus = ["-c:a", "libopus", "-b:a", "32k", "-vbr", "off", "-frame_duration", "20", "-application", "voip"];
	await run("ffmpeg", ["-v", "error", "-y", "-stream_loop", "-1", "-i", wav, "-t", String(seconds), ...opus, path]);
}

/** Reads a 16-bit mono PCM WAV. Throws for any other: the lab makes its own files. */
export async function readWav(path: string): Promise<Sound> {
	const bytes = await readFile(path);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let at = 12;
	let sampleRate = 0;
	while (at + 8 <= bytes.length) {
		const id = bytes.toString("latin1", at, at + 4);
		const size = view.getUint32(at + 4, true);
		if (id === "fmt ") {
			if (
				view.getUint16(at + 8, true) !== 1 ||
				view.getUint16(at + 10, true) !== 1 ||
				view.getUint16(at + 22, true) !== 16
			)
				throw new Error(`${path} is not 16-bit mono PCM`);
			sampleRate = view.getUint32(at + 12, true);
		}
		if (id === "data") {
			const count = Math.floor(Math.min(size, bytes.length - at - 8) / 2);
			const samples = Float32Array.from({ length: count }, (_, k) => view.getInt16(at + 8 + 2 * k, true) / 32_768);
			return { sampleRate, samples };
		}
		at += 8 + size + (size % 2);
	}
	throw new Error(`${path} has no sound`);
}
