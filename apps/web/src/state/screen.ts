/** What the screen is like now: wide or not, how high without the keyboard, looked at or not, what time it is. */
import { useEffect, useState, useSyncExternalStore } from "react";

function useMedia(query: string): boolean {
	const [list] = useState(() => matchMedia(query));
	return useSyncExternalStore(
		(listener) => {
			list.addEventListener("change", listener);
			return () => list.removeEventListener("change", listener);
		},
		() => list.matches,
	);
}

/** Room for the list beside the conversation. */
export const useWide = () => useMedia("(min-width: 900px)");

/** The time now, told again every `everyMs`. */
export function useNow(everyMs: number): number {
	const [now, setNow] = useState(Date.now);
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), everyMs);
		return () => clearInterval(timer);
	}, [everyMs]);
	return now;
}

function subscribeLooking(listener: () => void): () => void {
	document.addEventListener("visibilitychange", listener);
	addEventListener("focus", listener);
	addEventListener("blur", listener);
	return () => {
		document.removeEventListener("visibilitychange", listener);
		removeEventListener("focus", listener);
		removeEventListener("blur", listener);
	};
}

export const isLookedAt = () => document.visibilityState === "visible" && document.hasFocus();

/** Whether the person has this page in front of them. */
export const useLookedAt = () => useSyncExternalStore(subscribeLooking, isLookedAt);

/** Keeps `--app-height` at what the on-screen keyboard leaves, where the browser does not resize the page for it. */
export function watchHeight(): void {
	const viewport = window.visualViewport;
	if (viewport === null) return;
	const apply = () => {
		// Pinch zoom shrinks the visual viewport too; only the keyboard counts.
		if (viewport.scale === 1) document.documentElement.style.setProperty("--app-height", `${viewport.height}px`);
	};
	viewport.addEventListener("resize", apply);
}
