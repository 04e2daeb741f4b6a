import { spawn } from "node:child_process";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { Refused } from "../command.ts";

const root = resolve(import.meta.dirname, "../../../..");
const webFolder = join(root, "apps/web");
export const builtWebFolder = join(webFolder, "dist");

/** What the web app is made of; a change in any of it makes a build stale. */
const sources = ["apps/web", "packages/bytes", "packages/crypto", "packages/api", "packages/protocol"]
	.concat(["packages/client", "packages/platform", "package-lock.json"])
	.map((path) => join(root, path));

/** Builds the web app if there is no build or a newer source; `tell` hears of it, because it takes some seconds. */
export async function ensureWebBuilt(tell: (text: string) => void): Promise<void> {
	const page = join(builtWebFolder, "index.html");
	const builtAt = existsSync(page) ? statSync(page).mtimeMs : undefined;
	if (builtAt !== undefined && newest(sources) <= builtAt) return;
	tell(builtAt === undefined ? "Building the web app (once) …" : "The web app has changed: building it again …");
	// Apart first, then swapped in: two servers that start at once do not build into each other.
	const draft = join(webFolder, `dist.${process.pid}`);
	try {
		await runVite(["build", "--config", join(webFolder, "vite.config.ts"), "--outDir", draft, "--logLevel", "warn"]);
		rmSync(builtWebFolder, { recursive: true, force: true });
		renameSync(draft, builtWebFolder);
	} finally {
		rmSync(draft, { recursive: true, force: true });
	}
}

/** Milliseconds since 1970 of the newest change below `paths`; tests, builds and dependencies do not count. */
function newest(paths: readonly string[]): number {
	return Math.max(0, ...paths.map((path) => newestBelow(path)));
}

function newestBelow(path: string): number {
	const stat = statSync(path, { throwIfNoEntry: false });
	if (stat === undefined) return 0;
	if (!stat.isDirectory()) return stat.mtimeMs;
	const names = readdirSync(path).filter((name) => !/^(dist.*|node_modules|test)$|\.test(-kit)?\.tsx?$/.test(name));
	return newest(names.map((name) => join(path, name)));
}

async function runVite(args: readonly string[]): Promise<void> {
	// A process of its own: what a build takes in memory is given back before the server starts.
	const vite = viteProgram();
	let said = "";
	const code = await new Promise<number | null>((resolveCode, reject) => {
		const child = spawn(process.execPath, [vite, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding("utf8").on("data", (text: string) => {
				said += text;
			});
		}
		child.on("error", reject);
		child.on("close", resolveCode);
	});
	// Its remarks are for whoever changes the app (npm run build shows them); its failure is for everybody.
	if (code === 0) return;
	throw new Refused(`${said}\nThe web app could not be built. --no-web serves everything else.`);
}

function viteProgram(): string {
	try {
		return join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin/vite.js");
	} catch {
		throw new Refused("The web app is not built and its builder is not installed: run npm ci, or serve with --no-web.");
	}
}
