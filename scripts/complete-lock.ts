// npm run lock: refreshes package-lock.json so that it names every platform's optional package.
//
// A registry mirror that lacks the builds for other platforms makes npm leave them out of the lock file, and `npm ci`
// then refuses the whole tree. What is left out is added here from its dependant's own exact version.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

type LockEntry = {
	readonly version?: string;
	readonly dev?: boolean;
	readonly optionalDependencies?: { readonly [name: string]: string };
};
type Lock = { packages: { [path: string]: LockEntry } };

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32", "aix", "netbsd", "openbsd", "sunos"];
const processors = ["arm64", "arm", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"];

/** Entries that the lock file should have and does not: optional packages of other platforms. */
export function missingOptionals(lock: Lock): { [path: string]: object } {
	const missing: { [path: string]: object } = {};
	for (const [path, entry] of Object.entries(lock.packages)) {
		for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
			if (isLocked(lock, path, name)) continue;
			missing[`node_modules/${name}`] = {
				version: version.replace(/^[^\d]+/, ""),
				...platformOf(name),
				...(entry.dev ? { dev: true } : {}),
				optional: true,
			};
		}
	}
	return missing;
}

/** Node's own resolution: beside the dependant, then in each folder above it. */
function isLocked(lock: Lock, dependant: string, name: string): boolean {
	const folders = dependant
		.split("/node_modules/")
		.map((_, depth, parts) => parts.slice(0, depth + 1).join("/node_modules/"));
	return [...folders, ""].some((folder) => `${folder === "" ? "" : `${folder}/`}node_modules/${name}` in lock.packages);
}

function platformOf(name: string): { os?: string[]; cpu?: string[]; libc?: string[] } {
	const words = name.split(/[/-]/).map((word) => (/^arm(?:eabi|v\d)/.test(word) ? "arm" : word));
	const os = systems.find((system) => words.includes(system));
	const cpu = processors.find((processor) => words.includes(processor));
	const libc = os !== "linux" ? undefined : words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
	return {
		...(cpu && { cpu: [cpu] }),
		...(os && { os: [os] }),
		...(libc && words.some((word) => /^(musl|gnu)/.test(word)) && { libc: [libc] }),
	};
}

if (import.meta.main) {
	const npm = spawnSync("npm", ["install", "--package-lock-only", "--ignore-scripts"], { stdio: "inherit" });
	if (npm.status !== 0) process.exit(1);
	const file = new URL("../package-lock.json", import.meta.url);
	const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
	const missing = missingOptionals(lock);
	const entries = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
	writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, undefined, 2)}\n`);
	console.log(`${Object.keys(missing).length} optional packages of other platforms added.`);
}
