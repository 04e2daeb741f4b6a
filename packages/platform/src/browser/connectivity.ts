import type { Connectivity } from "@sotto/client";
import type { Signal } from "../rpc/messages.ts";
import { watchForResume } from "../timer-clock.ts";

/**
 * What a worker can know of the network: its own online and offline events, late ticks after a sleep, and the signals that
 * pages send (a page sees itself shown again; a worker does not).
 */
export function createBrowserConnectivity(
	resumedToo: () => void,
): Connectivity & { readonly signal: (state: Signal) => void } {
	const listeners = new Set<(state: Signal) => void>();
	const signal = (state: Signal) => {
		if (state === "resumed") resumedToo();
		for (const listener of Array.from(listeners)) listener(state);
	};
	// For the life of the worker, like the connectivity itself.
	globalThis.addEventListener("online", () => signal("online"));
	globalThis.addEventListener("offline", () => signal("offline"));
	watchForResume(() => signal("resumed"));
	return {
		signal,
		onChange: (listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
