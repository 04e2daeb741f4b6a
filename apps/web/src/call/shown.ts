/** Which pictures are in sight, and how large: what is not need not be sent here. */
import { type RefObject, useCallback, useEffect, useRef } from "react";
import type { ShownTile } from "./session.ts";

/** Measures the tiles (`data-participant`) below the element after each change; nothing is shown once it is gone. */
export function useShown(onShow: (tiles: readonly ShownTile[]) => void): RefObject<HTMLDivElement | null> {
	const place = useRef<HTMLDivElement>(null);
	const said = useRef("");
	const latest = useRef(onShow);
	const look = useCallback(() => {
		const tiles = place.current === null ? [] : shownIn(place.current);
		const now = JSON.stringify(tiles);
		if (now === said.current) return;
		said.current = now;
		latest.current(tiles);
	}, []);
	useEffect(() => {
		latest.current = onShow;
		look();
	});
	useEffect(() => {
		addEventListener("resize", look);
		document.addEventListener("visibilitychange", look);
		// Scrolling does not bubble.
		addEventListener("scroll", look, { capture: true, passive: true });
		return () => {
			removeEventListener("resize", look);
			document.removeEventListener("visibilitychange", look);
			removeEventListener("scroll", look, { capture: true });
			said.current = "";
			latest.current([]);
		};
	}, [look]);
	return place;
}

function shownIn(place: HTMLElement): readonly ShownTile[] {
	if (document.visibilityState === "hidden") return [];
	const frame = place.getBoundingClientRect();
	return [...place.querySelectorAll<HTMLElement>("[data-participant]")].flatMap((element) => {
		const box = element.getBoundingClientRect();
		const isInSight =
			box.bottom > frame.top && box.top < frame.bottom && box.right > frame.left && box.left < frame.right;
		const participantId = element.dataset["participant"] ?? "";
		if (!isInSight || participantId === "") return [];
		const stream = element.dataset["stream"] === "screen" ? ("screen" as const) : ("camera" as const);
		const [width, height] = [box.width, box.height].map((length) => Math.round(length * devicePixelRatio));
		return [{ participantId, stream, width: width ?? 0, height: height ?? 0 }];
	});
}
