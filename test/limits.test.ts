import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

const units: { readonly [unit: string]: number } = {
	"": 1,
	KiB: 2 ** 10,
	MiB: 2 ** 20,
	GiB: 2 ** 30,
	s: 1000,
	min: 60_000,
	h: 3_600_000,
	days: 86_400_000,
};

/** `12 KiB`, `4,096`, `90 days`: bytes, milliseconds or a plain number. */
function stated(limit: string): number | undefined {
	const [, number, unit = ""] = /^([\d,]+)(?: (\w+))?$/.exec(limit) ?? [];
	const factor = units[unit];
	return number === undefined || factor === undefined ? undefined : Number(number.replaceAll(",", "")) * factor;
}

/** The value of an expression of numbers, as constants are written: `90 * 24 * 3600_000`, `1 << 20`, `524288 - 28 - 4`. */
function valueOf(expression: string): number {
	for (const [operator, apply] of operators) {
		const at = expression.lastIndexOf(` ${operator} `);
		if (at < 0) continue;
		return apply(valueOf(expression.slice(0, at)), valueOf(expression.slice(at + operator.length + 2)));
	}
	return Number(expression.trim().replaceAll("_", ""));
}

/** What binds least comes first. */
const operators: readonly (readonly [string, (a: number, b: number) => number])[] = [
	["<<", (a, b) => a * 2 ** b],
	["-", (a, b) => a - b],
	["*", (a, b) => a * b],
	["**", (a, b) => a ** b],
];

const rows = [
	...readFileSync(join(root, "docs/limits.md"), "utf8").matchAll(/^\| (.+?) \| (.+?) \| (\w+) \| (\S+\.ts) \|$/gm),
].map(([, what, limit, name, file]) => ({ what, limit, name, file }) as { [key: string]: string });

test("each limit that is written down is the one that the code keeps", () => {
	expect(rows.length).toBeGreaterThan(50);
	const wrong = rows.flatMap(({ what, limit = "", name, file = "" }) => {
		if (!existsSync(join(root, file))) return [`${what}: there is no ${file}`];
		const code = readFileSync(join(root, file), "utf8");
		const found = new RegExp(`\\b${name}(?:: \\w+)?(?: =|:) ([\\d_ *<-]+)[;,]`).exec(code)?.[1];
		if (found === undefined) return [`${what}: ${file} has no number ${name}`];
		return valueOf(found) === stated(limit) ? [] : [`${what}: ${limit} is written, ${found} is kept`];
	});
	expect(wrong).toEqual([]);
});

test("the check bites: another number is found out", () => {
	expect(stated("90 days")).toBe(valueOf("90 * 24 * 3600_000"));
	expect(stated("91 days")).not.toBe(valueOf("90 * 24 * 3600_000"));
	expect(valueOf("524288 - 28 - 4")).toBe(524_256);
	expect(valueOf("1 << 20")).toBe(2 ** 20);
	expect(valueOf("1024 ** 3")).toBe(2 ** 30);
	expect(stated("many")).toBeUndefined();
});
