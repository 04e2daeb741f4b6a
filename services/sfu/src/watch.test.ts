import { describe, expect, test } from "vitest";
import { beatArrived, beatMs, hasSpoken, judge, startWatch } from "./watch.ts";

/** Lets a process answer every beat for `ms`, using `cpu` of a core and forwarding `packets` a second. */
function run(ms: number, cpu: number, packets: number) {
	let watch = startWatch(0);
	for (let now = 0; now <= ms; now += beatMs)
		watch = beatArrived(watch, { cpuMs: Math.round(now * cpu), packets: Math.round((now * packets) / 1000) }, now);
	return { watch, now: ms };
}

describe("a room's process", () => {
	test("is well while it answers", () => {
		const { watch, now } = run(20_000, 0.3, 400);
		expect(judge(watch, now + beatMs, 1e6)).toBe("well");
	});

	test("is given up after 3.5 s of silence, in time for its guests to be back within 10 s", () => {
		const { watch, now } = run(5_000, 0.3, 400);
		expect(judge(watch, now + 3_400, 1e6)).toBe("well");
		expect(judge(watch, now + 3_600, 1e6)).toBe("silent");
	});

	test("may take up to 15 s to start on a busy machine", () => {
		const watch = startWatch(0);
		expect(judge(watch, 14_000, 1e6)).toBe("well");
		expect(judge(watch, 16_000, 1e6)).toBe("silent");
		const started = hasSpoken(watch, 9_000);
		expect(judge(started, 12_000, 1e6)).toBe("well");
		expect(judge(started, 13_000, 1e6)).toBe("silent");
	});

	test("is not blamed for the sleep of its server", () => {
		const { watch, now } = run(5_000, 0.3, 400);
		expect(judge(watch, now + 60_000, 500)).toBe("well");
	});

	test("that burns a core without forwarding is spinning, and one that forwards much is only busy", () => {
		const spinning = run(10_000, 1, 100);
		expect(judge(spinning.watch, spinning.now, 1e6)).toBe("spinning");
		const busy = run(10_000, 1, 5_000);
		expect(judge(busy.watch, busy.now, 1e6)).toBe("well");
		const starting = run(4_000, 1, 0);
		expect(judge(starting.watch, starting.now, 1e6)).toBe("well");
	});
});
