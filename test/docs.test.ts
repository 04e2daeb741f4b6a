import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
	cwd: root,
	encoding: "utf8",
})
	.split("\n")
	.filter((file) => file !== "" && existsSync(join(root, file)));
const pages = tracked.filter((file) => file.endsWith(".md"));
const read = (file: string) => readFileSync(join(root, file), "utf8");

test("every relative link in a document leads somewhere", () => {
	const links = pages.flatMap((page) =>
		[...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
			.map((match) => match[1] as string)
			.filter((target) => !/^[a-z]+:/.test(target))
			.map((target) => ({ page, target })),
	);
	expect(links.length).toBeGreaterThan(10);
	const broken = links.filter(({ page, target }) => !existsSync(join(root, dirname(page), target)));
	expect(broken).toEqual([]);
});

test("every npm command that a document names exists", () => {
	const { scripts } = JSON.parse(read("package.json")) as { scripts: { [name: string]: string } };
	const named = pages.flatMap((page) =>
		[...read(page).matchAll(/npm run ([a-z][a-z:]*[a-z])/g)].map((match) => match[1] as string),
	);
	expect(named.length).toBeGreaterThan(3);
	expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([]);
});

test("every file that a script runs exists", () => {
	const { scripts } = JSON.parse(read("package.json")) as { scripts: { [name: string]: string } };
	const files = Object.values(scripts).flatMap((script) => script.match(/[\w./-]+\.(?:ts|js|mjs)\b/g) ?? []);
	expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test("every cannot of the threat model has an id of its own and names a test that exists", () => {
	const model = read("docs/threat-model.md");
	const rows = [...model.matchAll(/^\| ([A-Z]+-CANNOT-\d+) \|.*\| (.*?) \|$/gm)];
	expect(rows.length).toBeGreaterThan(15);
	const ids = rows.map((row) => row[1] as string);
	expect(new Set(ids).size).toBe(ids.length);
	const tests = tracked.filter((file) => /\.test\.tsx?$/.test(file)).map((file) => ({ file, text: read(file) }));
	const missing = rows.flatMap(([, id, evidence]) => {
		const named = [...(evidence as string).matchAll(/`([^`]+)`: “([^”]+)”/g)];
		if (named.length === 0) return [`${id} names no test`];
		return named
			.filter(
				([, file, title]) =>
					!tests.some((candidate) => candidate.file === file && candidate.text.includes(title as string)),
			)
			.map(([, file, title]) => `${id}: ${file} has no “${title}”`);
	});
	expect(missing).toEqual([]);
});

test("every runtime dependency is justified, and pinned exactly", () => {
	const reasons = read("docs/decisions/dependencies.md");
	const manifests = tracked.filter((file) => file.endsWith("package.json"));
	const faults = manifests.flatMap((file) => {
		const { dependencies = {} } = JSON.parse(read(file)) as { dependencies?: { [name: string]: string } };
		return Object.entries(dependencies)
			.filter(([name]) => !name.startsWith("@sotto/"))
			.filter(([name, version]) => !reasons.includes(name) || !/^\d+\.\d+\.\d+$/.test(version))
			.map(([name, version]) => `${file}: ${name} ${version}`);
	});
	expect(faults).toEqual([]);
});

test("no file names a machine's own paths or a registry", () => {
	const text = tracked.filter(
		(file) => /\.(ts|tsx|js|json|md|css|html|yml|cddl)$|^\.ci\//.test(file) && file !== "test/docs.test.ts",
	);
	const faults = text.filter((file) =>
		/(?:^|[\s"'`(=])\/(?:work|farm|root)\/|bash_jobs|https?:\/\/registry\./.test(read(file)),
	);
	expect(faults).toEqual([]);
});
