// Finds the browsers and sound tools that the tests drive, or installs Debian's.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program that tests need: any one of `programs` will do; `packages` are Debian's that bring it. */
type Tool = { readonly programs: readonly string[]; readonly packages: readonly string[]; readonly why: string };

const tools: readonly Tool[] = [
	{
		programs: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
		packages: ["chromium"],
		why: "browser tests",
	},
	{ programs: ["firefox-esr", "firefox"], packages: ["firefox-esr"], why: "calls between two kinds of browser" },
	{ programs: ["espeak-ng"], packages: ["espeak-ng"], why: "speech for the microphone" },
	{ programs: ["sox"], packages: ["sox"], why: "sound files" },
	{ programs: ["pulseaudio"], packages: ["pulseaudio"], why: "a sound device for Firefox" },
	{ programs: ["ffmpeg"], packages: ["ffmpeg"], why: "decoding what a tap recorded" },
];

/** What makes the tests faster where it can be had. */
const optional: readonly Tool[] = [
	{
		programs: ["chromium-headless-shell", "chrome-headless-shell"],
		packages: ["chromium-headless-shell"],
		why: "looking at every screen in half the time",
	},
];

/** Makes sure that every tool is there: installs with apt as root on Debian, else says what is missing and how to get it. */
export function ensureTools(): boolean {
	install(tools.filter(isMissing));
	for (const tool of optional.filter(isMissing)) install([tool]);
	const still = tools.filter(isMissing);
	for (const tool of still) {
		console.error(
			`Missing: ${tool.programs[0]} (${tool.why}). On Debian: sudo apt-get install ${tool.packages.join(" ")}`,
		);
	}
	return still.length === 0;
}

const isMissing = (tool: Tool): boolean => !tool.programs.some(isOnPath);

function install(missing: readonly Tool[]): void {
	if (missing.length === 0 || process.getuid?.() !== 0 || !isOnPath("apt-get")) return;
	const packages = missing.flatMap((tool) => tool.packages);
	console.log(`Installing ${packages.join(", ")} …`);
	const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
	spawnSync("apt-get", ["update", "-q"], options);
	spawnSync("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], options);
}

function isOnPath(program: string): boolean {
	return (process.env.PATH ?? "").split(delimiter).some((folder) => {
		try {
			accessSync(join(folder, program), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
