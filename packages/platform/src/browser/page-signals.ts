import type { Signal } from "../rpc/messages.ts";

/** After this long out of sight a page may have been frozen with its sockets: worth a look at the network. */
const hiddenLongMs = 10_000;

/** Tells `signal` what only a page sees: shown again after a while, back from the back-forward cache, on- and offline. */
export function watchPage(signal: (signal: Signal) => void): () => void {
	const stop = new AbortController();
	const options = { signal: stop.signal };
	let hiddenSince: number | undefined;
	document.addEventListener(
		"visibilitychange",
		() => {
			const now = Date.now();
			if (document.visibilityState === "hidden") hiddenSince = now;
			else if (hiddenSince !== undefined && now - hiddenSince > hiddenLongMs) signal("resumed");
		},
		options,
	);
	document.addEventListener("resume", () => signal("resumed"), options);
	window.addEventListener("pageshow", (event) => event.persisted && signal("resumed"), options);
	window.addEventListener("online", () => signal("online"), options);
	window.addEventListener("offline", () => signal("offline"), options);
	return () => stop.abort();
}
