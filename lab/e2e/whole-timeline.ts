import type { Page } from "playwright-core";

/** A row of an open conversation as it stands on screen, with its state and who is told to have written it. */
export type TimelineRow = string;

// The list is virtual: a row is in the page while it is near the screen. Goes to the top until there is nothing older, then down.
const readAll = `async () => {
	const timeline = document.querySelector(".timeline");
	const list = timeline.querySelector("ol");
	const frame = () => new Promise((resolve) => setTimeout(resolve, 30));
	const rows = new Map();
	let size = 0;
	const look = () => {
		for (const row of list.querySelectorAll("li")) {
			size = Number(row.getAttribute("aria-setsize"));
			const state = row.querySelector("[data-state]")?.getAttribute("data-state") ?? "";
			const who = row.querySelector(".only-heard")?.textContent ?? "";
			rows.set(Number(row.getAttribute("aria-posinset")), [state, who, row.innerText.replace(/\\s+/g, " ").trim()].join("|"));
		}
	};
	while (list.querySelector(".row-start") === null) {
		timeline.scrollTop = 0;
		await frame();
	}
	for (;;) {
		look();
		if (timeline.scrollTop + timeline.clientHeight >= timeline.scrollHeight - 1 && rows.has(size)) break;
		timeline.scrollTop += timeline.clientHeight / 2;
		await frame();
	}
	return Array.from({ length: size }, (_, index) => rows.get(index + 1) ?? "missing");
}`;

/** Everything that stands in the conversation that is open, from its beginning to its end. */
export async function wholeTimeline(page: Page): Promise<readonly TimelineRow[]> {
	await page.locator(".timeline[aria-busy=false]").waitFor({ timeout: 20_000 });
	return (await page.evaluate(`(${readAll})()`)) as string[];
}
