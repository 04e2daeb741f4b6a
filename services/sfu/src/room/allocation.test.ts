import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate, type Wish } from "./allocation.ts";

const layers = [100_000, 350_000, 1_200_000].map((bitsPerSecond) => ({ isAlive: true, bitsPerSecond }));
const wish = (most = 3, current = -1): Wish => ({ layers, most, current });

describe("which layer of which picture is sent", () => {
	test("with room for all: to each what it wants, and no more", () => {
		expect(allocate([wish(3), wish(2), wish(1)], 20_000_000)).toEqual([2, 1, 0]);
	});

	test("a short line gets all pictures small before it gets one large, the first ones larger", () => {
		expect(allocate([wish(), wish(), wish()], 300_000)).toEqual([0, 0, 0]);
		expect(allocate([wish(), wish(), wish()], 700_000)).toEqual([1, 0, 0]);
		expect(allocate([wish(), wish(), wish()], 2_000_000)).toEqual([1, 1, 1]);
		expect(allocate([wish(), wish(), wish()], 2_500_000)).toEqual([2, 1, 1]);
	});

	test("where not even the smallest of all fit, the last ones are left out, never the first", () => {
		expect(allocate([wish(), wish(), wish()], 210_000)).toEqual([0, 0, -1]);
		expect(allocate([wish(), wish()], 50_000)).toEqual([0, -1]);
	});

	test("more is begun with room to spare, and kept without", () => {
		expect(allocate([wish(3, 0)], 380_000)).toEqual([0]);
		expect(allocate([wish(3, 1)], 380_000)).toEqual([1]);
	});

	test("a layer that does not arrive is not chosen: the next below, else the lowest that does", () => {
		const onlyHigh = layers.map((layer, index) => ({ ...layer, isAlive: index === 2 }));
		expect(allocate([{ layers: onlyHigh, most: 1, current: -1 }], 20_000_000)).toEqual([2]);
		const noMiddle = layers.map((layer, index) => ({ ...layer, isAlive: index !== 1 }));
		expect(allocate([{ layers: noMiddle, most: 2, current: -1 }], 20_000_000)).toEqual([0]);
		const none = layers.map((layer) => ({ ...layer, isAlive: false }));
		expect(allocate([{ layers: none, most: 2, current: -1 }], 20_000_000)).toEqual([1]);
	});

	test("no choice costs more than the line takes, but for the first picture's smallest", () => {
		const anyLayers = fc.array(fc.record({ isAlive: fc.boolean(), bitsPerSecond: fc.nat(2_000_000) }), {
			minLength: 1,
			maxLength: 3,
		});
		const anyWish = anyLayers.chain((own) =>
			fc.record({
				layers: fc.constant(own),
				most: fc.integer({ min: 1, max: 3 }),
				current: fc.integer({ min: -1, max: own.length - 1 }),
			}),
		);
		fc.assert(
			fc.property(fc.array(anyWish, { maxLength: 8 }), fc.nat(5_000_000), (wishes, budget) => {
				const chosen = allocate(wishes, budget);
				const costs = chosen.map((layer, place) => {
					const state = wishes[place]?.layers[layer];
					return state?.isAlive === true ? state.bitsPerSecond : 0;
				});
				const total = costs.reduce((sum, cost) => sum + cost, 0);
				const first = Math.min(
					...(wishes[0]?.layers.filter(({ isAlive }) => isAlive) ?? []).map((l) => l.bitsPerSecond),
				);
				// Bits per second need not rise with the layers: the first picture's ladder begins somewhere.
				expect(total <= budget || (costs[0] ?? 0) >= first).toBe(true);
				expect(chosen.every((layer, place) => layer < (wishes[place]?.layers.length ?? 0))).toBe(true);
			}),
		);
	});
});
