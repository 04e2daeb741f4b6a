import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readWav, type Sound } from "../speech.ts";

const run = promisify(execFile);

/** What a MediaRecorder made, in whatever container, as 48 kHz mono. Needs ffmpeg. */
export async function decodeRecording(container: Uint8Array): Promise<Sound> {
	const folder = await mkdtemp(join(tmpdir(), "sotto-recording-"));
	try {
		const [from, to] = [join(folder, "recording"), join(folder, "recording.wav")];
		await writeFile(from, container);
		const wav = ["-ar", "48000", "-ac", "1", "-c:a", "pcm_s16le", "-map_metadata", "-1", "-fflags", "+bitexact"];
		await run("ffmpeg", ["-v", "error", "-y", "-i", from, ...wav, to]);
		// Left as a variable so that the file is read before its folder goes.
		const sound = await readWav(to);
		return sound;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
