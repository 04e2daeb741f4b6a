import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gridFor, tileGap } from "./grid.ts";

const desktop = { width: 1256, height: 620 };
const phone = { width: 374, height: 640 };

const columnsOf = (width: number, stage: number) => Math.floor((stage + tileGap) / (width + tileGap));

describe("tiles share the stage", () => {
	test("one has it whole, two stand side by side on a desktop and one above the other on a phone", () => {
		expect(gridFor(1, desktop).tile).toEqual(desktop);
		expect(gridFor(1, phone).tile).toEqual(phone);
		expect(columnsOf(gridFor(2, desktop).tile.width, desktop.width)).toBe(2);
		expect(columnsOf(gridFor(2, phone).tile.width, phone.width)).toBe(1);
	});

	test("a desktop shows 31 others without scrolling, a phone scrolls before faces get too small", () => {
		expect(gridFor(31, desktop).scrolls).toBe(false);
		expect(gridFor(12, phone).scrolls).toBe(false);
		const many = gridFor(31, phone);
		expect(many.scrolls).toBe(true);
		expect(many.tile.width).toBeGreaterThanOrEqual(104);
		expect(columnsOf(many.tile.width, phone.width)).toBe(3);
	});

	test("whatever the number and the stage, all fit, or it scrolls with tiles that fit across", () => {
		const size = fc.integer({ min: 240, max: 3_000 });
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 33 }), size, size, (count, width, height) => {
				const { tile, scrolls } = gridFor(count, { width, height });
				const columns = Math.min(count, columnsOf(tile.width, width));
				expect(columns).toBeGreaterThanOrEqual(1);
				if (scrolls) return;
				const rows = Math.ceil(count / columns);
				expect(rows * tile.height + (rows - 1) * tileGap).toBeLessThanOrEqual(height);
			}),
		);
	});
});
