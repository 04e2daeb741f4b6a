import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

export type Pulse = {
	/** What a browser needs in its environment to find it. */
	readonly environment: Readonly<Record<string, string>>;
	readonly stop: () => Promise<void>;
};

/**
 * A PulseAudio of its own with one silent output: without a sound device Firefox runs no AudioContext, so it could neither
 * speak nor be recorded. Touches no other PulseAudio of the machine. Debian: apt-get install -y pulseaudio.
 */
export async function startPulse(): Promise<Pulse> {
	const folder = await mkdtemp(join(tmpdir(), "sotto-pulse-"));
	const socket = join(folder, "native");
	const options = [
		"-n",
		"--daemonize=no",
		"--exit-idle-time=-1",
		"--disable-shm",
		"--realtime=no",
		"--log-level=error",
	];
	const modules = ["module-null-sink", `module-native-protocol-unix auth-anonymous=1 socket=${socket}`];
	const child = spawn("pulseaudio", [...options, ...modules.flatMap((name) => ["-L", name])], {
		env: {
			...process.env,
			HOME: folder,
			XDG_RUNTIME_DIR: folder,
			PULSE_RUNTIME_PATH: folder,
			PULSE_STATE_PATH: folder,
		},
		stdio: "ignore",
	});
	let failure: Error | undefined;
	child.once("error", (error) => (failure = error));
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
	for (let tries = 0; !existsSync(socket); tries++) {
		if (failure !== undefined || tries > 100) throw new Error("pulseaudio does not start", { cause: failure });
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return {
		environment: { PULSE_SERVER: `unix:${socket}` },
		async stop() {
			child.kill("SIGTERM");
			await ended;
			await rm(folder, { recursive: true, force: true });
		},
	};
}
