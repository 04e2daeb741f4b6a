import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { missingOptionals } from "../scripts/complete-lock.ts";

const root = resolve(import.meta.dirname, "..");

/** What each folder may import of ours, and why nothing else. Its own files are always allowed. */
const rules: readonly { folder: string; may: readonly string[]; because: string }[] = [
	{ folder: "packages/bytes", may: [], because: "everything stands on it" },
	{ folder: "packages/crypto", may: ["bytes"], because: "the only door to cryptography knows no protocol of ours" },
	{ folder: "packages/api", may: ["bytes", "crypto"], because: "the contract knows neither of its sides" },
	{ folder: "packages/protocol", may: ["bytes", "crypto", "api"], because: "the rules run without any I/O" },
	{
		folder: "packages/client",
		may: ["bytes", "crypto", "api", "protocol"],
		because: "the engine runs on ports, not on a platform",
	},
	{
		folder: "packages/platform",
		may: ["bytes", "crypto", "api", "protocol", "client"],
		because: "adapters know the engine's ports, never an app or a service",
	},
	{ folder: "services/storage", may: ["bytes", "crypto", "api"], because: "storage serves any service" },
	{ folder: "services/door", may: ["bytes", "crypto", "api"], because: "every service has the same door" },
	{
		folder: "services/home",
		may: ["bytes", "crypto", "api", "storage", "door"],
		because: "a service cannot know what clients know",
	},
	{
		folder: "services/notifier",
		may: ["bytes", "crypto", "api", "storage", "door"],
		because: "a service cannot know what clients know",
	},
	{
		folder: "services/sfu",
		may: ["bytes", "crypto", "api", "door"],
		because: "media is forwarded without a key and without storage",
	},
	{ folder: "apps/web", may: ["bytes", "client", "platform", "api"], because: "screens speak to the engine alone" },
	{
		folder: "apps/cli",
		may: ["bytes", "crypto", "api", "client", "platform", "door", "home", "notifier", "sfu", "storage", "web"],
		because: "the one program starts every role",
	},
];

type Import = { readonly file: string; readonly target: string };

describe("imports go one way", () => {
	for (const { folder, may, because } of rules) {
		test(`${folder} imports only ${may.join(", ") || "itself"}: ${because}`, () => {
			const own = folder.split("/")[1] as string;
			const files = sourceFiles(join(root, folder)).filter((file) => !isTest(file));
			expect(files.length).toBeGreaterThan(0);
			const strangers = files.flatMap(importsOf).filter(({ file, target }) => {
				if (target.startsWith("@sotto/")) return ![own, ...may].includes(target.split("/")[1] as string);
				return target.startsWith(".") && !resolve(dirname(file), target).startsWith(join(root, folder));
			});
			expect(strangers.map(({ file, target }) => `${relative(root, file)} imports ${target}`)).toEqual([]);
		});
	}

	test("the check has read the whole tree", () => {
		const files = rules.flatMap(({ folder }) => sourceFiles(join(root, folder)));
		expect(files.length).toBeGreaterThan(100);
		expect(files.flatMap(importsOf).length).toBeGreaterThan(200);
	});

	test("nothing outside the lab imports the lab", () => {
		const files = rules.flatMap(({ folder }) => sourceFiles(join(root, folder))).filter((file) => !isTest(file));
		const users = files
			.flatMap(importsOf)
			.filter(({ target }) => target.startsWith("@sotto/lab") || /\/lab\//.test(target));
		expect(users).toEqual([]);
	});

	test("the core reaches for no platform: no node: module, no timer, no fetch", () => {
		const core = ["bytes", "crypto", "api", "protocol", "client"].flatMap((name) =>
			sourceFiles(join(root, "packages", name)),
		);
		const faults = core
			.filter((file) => !isTest(file))
			.flatMap((file) => {
				const code = withoutComments(readFileSync(file, "utf8"));
				const found = code.match(
					/from "node:|\bset(?:Timeout|Interval)\(|\bfetch\(|\bDate\.now\(|\bMath\.random\(|new WebSocket\(/,
				);
				return found === null ? [] : [`${relative(root, file)}: ${found[0]}`];
			});
		expect(faults).toEqual([]);
	});

	test("MLS has one door: only packages/crypto imports its library", () => {
		const files = rules.flatMap(({ folder }) => sourceFiles(join(root, folder)));
		const users = files
			.flatMap(importsOf)
			.filter(({ file, target }) => target.startsWith("ts-mls") && !file.includes("/packages/crypto/"));
		expect(users).toEqual([]);
	});
});

describe("the repository speaks of the product alone", () => {
	test("the lock file names no download address", () => {
		const lock = readFileSync(join(root, "package-lock.json"), "utf8");
		expect(lock.match(/"resolved": "http[^"]*"/g)).toBeNull();
	});

	test("the lock file names every platform's optional package, or npm ci refuses it (npm run lock adds them)", () => {
		const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
		expect(Object.keys(missingOptionals(lock))).toEqual([]);
		delete lock.packages["node_modules/@biomejs/cli-darwin-arm64"];
		expect(Object.keys(missingOptionals(lock))).toEqual(["node_modules/@biomejs/cli-darwin-arm64"]);
	});
});

function isTest(file: string): boolean {
	return /\.test(-kit)?\.tsx?$|\/test\//.test(file);
}

function sourceFiles(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return ["node_modules", "dist"].includes(entry.name) ? [] : sourceFiles(path);
		return /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [path] : [];
	});
}

function importsOf(file: string): Import[] {
	const code = withoutComments(readFileSync(file, "utf8"));
	const found = code.matchAll(
		/(?:^|[;\n}])\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|^\s*import\s+"([^"]+)"/gm,
	);
	return [...found].map((match) => ({ file, target: (match[1] ?? match[2] ?? match[3]) as string }));
}

function withoutComments(code: string): string {
	return code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

test("every source file is erasable TypeScript, which Node runs as it is", () => {
	const files = rules.flatMap(({ folder }) => sourceFiles(join(root, folder))).filter((file) => file.endsWith(".ts"));
	for (const file of files)
		expect(() => stripTypeScriptTypes(readFileSync(file, "utf8"), { mode: "strip" }), file).not.toThrow();
});
