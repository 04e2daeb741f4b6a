/** What the person chose for this browser. Nothing secret: it lies in localStorage. */
import { useSyncExternalStore } from "react";

export type Preferences = {
	readonly theme: "auto" | "light" | "dark";
	readonly sounds: boolean;
	readonly notify: boolean;
	/** Names in notifications; generic words otherwise. */
	readonly notifyNames: boolean;
	/** The ledger's column with an ordinary server. */
	readonly compareServers: boolean;
};

const initial: Preferences = {
	theme: "auto",
	sounds: true,
	notify: false,
	notifyNames: false,
	compareServers: false,
};
const key = "sotto.preferences";
const listeners = new Set<() => void>();
let current: Preferences = read();

function read(): Preferences {
	try {
		const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
		return typeof stored === "object" && stored !== null ? checked(stored as Record<string, unknown>) : initial;
	} catch {
		return initial;
	}
}

/** Only known fields with values of the right kind; anything may lie in localStorage. */
function checked(stored: Record<string, unknown>): Preferences {
	const flag = (name: "sounds" | "notify" | "notifyNames" | "compareServers") =>
		typeof stored[name] === "boolean" ? stored[name] : initial[name];
	const theme = stored.theme === "light" || stored.theme === "dark" ? stored.theme : "auto";
	return {
		theme,
		sounds: flag("sounds"),
		notify: flag("notify"),
		notifyNames: flag("notifyNames"),
		compareServers: flag("compareServers"),
	};
}

export const preferences = (): Preferences => current;

export function prefer(change: Partial<Preferences>): void {
	current = { ...current, ...change };
	try {
		localStorage.setItem(key, JSON.stringify(current));
	} catch {
		// Storage refused: the choice lasts as long as the page.
	}
	applyTheme();
	for (const listener of listeners) listener();
}

/** Sets the chosen theme on the document; "auto" leaves it to the device. */
export function applyTheme(): void {
	if (current.theme === "auto") delete document.documentElement.dataset["theme"];
	else document.documentElement.dataset["theme"] = current.theme;
}

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export function usePreferences(): Preferences {
	return useSyncExternalStore(subscribe, preferences);
}
