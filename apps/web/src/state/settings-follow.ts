/** Preferences that go with the account from device to device. What belongs to a device (its sounds, its permission to notify) stays there. */
import { useCallback, useEffect, useRef } from "react";
import { useClient, useReady } from "../engine/client.tsx";
import { type Preferences, prefer } from "./preferences.ts";

const keys = ["theme", "notifyNames", "compareServers"] as const;
type FollowingKey = (typeof keys)[number];
type FollowingPreferences = Pick<Preferences, FollowingKey>;
type Settings = Readonly<Record<string, string>>;

const settingName = (key: FollowingKey) => `preference.${key}`;

function themeOf(text: string | undefined): Partial<Preferences> {
	return text === "auto" || text === "light" || text === "dark" ? { theme: text } : {};
}

function flagOf(key: "notifyNames" | "compareServers", text: string | undefined): Partial<Preferences> {
	return text === "true" || text === "false" ? { [key]: text === "true" } : {};
}

/** What was said since `before`; another version of the app may have written anything. */
export function newlySaid(settings: Settings, before: Settings): Partial<Preferences> {
	const said = (key: FollowingKey) => {
		const name = settingName(key);
		return settings[name] === before[name] ? undefined : settings[name];
	};
	return {
		...themeOf(said("theme")),
		...flagOf("notifyNames", said("notifyNames")),
		...flagOf("compareServers", said("compareServers")),
	};
}

/** Takes over what was chosen on another device. Mounted once. */
export function useSettingsFollow(): void {
	const { settings } = useReady();
	const before = useRef<Settings>({});
	useEffect(() => {
		// Only what changed: a view that was on its way when something was chosen here does not take it back.
		const changes = newlySaid(settings, before.current);
		before.current = settings;
		if (Object.keys(changes).length > 0) prefer(changes);
	}, [settings]);
}

/** Chooses here at once, and on the other devices as soon as they hear of it. */
export function usePreferEverywhere(): (change: Partial<FollowingPreferences>) => void {
	const client = useClient();
	return useCallback(
		(change) => {
			prefer(change);
			for (const key of keys)
				if (change[key] !== undefined) void client.changeSetting(settingName(key), String(change[key]));
		},
		[client],
	);
}
