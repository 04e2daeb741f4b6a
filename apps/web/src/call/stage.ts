/** Where the one call stands on this page: nowhere, as a card, as a bar, or over everything; and whether its media is here. */
import type { CallKey, CallView } from "@sotto/client";
import { useEffect, useSyncExternalStore } from "react";
import { useReady } from "../engine/client.tsx";
import { useWide } from "../state/screen.ts";

export type Stage = "none" | "card" | "bar" | "full";

/** The call whose media this page has, and how it began. Kept over a reload of the tab. */
export type OwnCall = { readonly call: CallKey; readonly camera: boolean };

type StageState = {
	readonly own: OwnCall | undefined;
	readonly minimised: CallKey | undefined;
	readonly dismissed: CallKey | undefined;
	/** A call that was seen before it ended: only its end is worth a screen. */
	readonly seenLive: CallKey | undefined;
};

const storageKey = "sotto.call";
let state: StageState = { own: readOwn(), minimised: undefined, dismissed: undefined, seenLive: undefined };
const listeners = new Set<() => void>();

function readOwn(): OwnCall | undefined {
	const [call, camera] = (sessionStorage.getItem(storageKey) ?? "").split(" ");
	return call === undefined || call === "" ? undefined : { call, camera: camera === "camera" };
}

function change(next: Partial<StageState>): void {
	state = { ...state, ...next };
	for (const listener of listeners) listener();
}

/** This page carries the call's media from now on. */
export function ownCall(own: OwnCall): void {
	sessionStorage.setItem(storageKey, `${own.call} ${own.camera ? "camera" : ""}`);
	change({ own, minimised: undefined, dismissed: undefined });
}

/** Another tab carries it from now on. */
export function disownCall(call: CallKey): void {
	if (state.own?.call !== call) return;
	sessionStorage.removeItem(storageKey);
	change({ own: undefined });
}

export const minimiseCall = (call: CallKey) => change({ minimised: call });
export const restoreCall = () => change({ minimised: undefined });
export const dismissCall = (call: CallKey) => change({ dismissed: call });

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export function useOwnCall(call: CallKey): OwnCall | undefined {
	const { own } = useSyncExternalStore(subscribe, () => state);
	return own?.call === call ? own : undefined;
}

/** How long the end of a call stays on screen by itself; undefined: until the person is done with it. */
export function endedShowsMs(call: CallView): number | undefined {
	if (call.phase.name !== "ended") return undefined;
	switch (call.phase.reason) {
		case "hungUp":
			return 1_500;
		case "remoteHungUp":
			return 3_000;
		case "missed":
		case "elsewhere":
			return 0;
		case "declined":
		case "cancelled":
			return call.direction === "incoming" ? 0 : undefined;
		case "busy":
		case "noAnswer":
		case "failed":
			return undefined;
	}
}

/** Pure: where a call stands, given what the page knows of it. */
export function stageOf(call: CallView | undefined, known: StageState, wide: boolean): Stage {
	if (call === undefined || known.dismissed === call.call) return "none";
	if (call.phase.name === "ended") {
		const worthIt = known.seenLive === call.call && known.own?.call === call.call && known.minimised !== call.call;
		return worthIt && endedShowsMs(call) !== 0 ? "full" : "none";
	}
	if (call.direction === "incoming" && call.phase.name === "ringing") return wide ? "card" : "full";
	// Another tab of this browser has the media.
	if (known.own?.call !== call.call) return "bar";
	return known.minimised === call.call ? "bar" : "full";
}

export function useCallStage(): Stage {
	const { call } = useReady();
	const wide = useWide();
	const known = useSyncExternalStore(subscribe, () => state);
	const live = call !== undefined && call.phase.name !== "ended" ? call.call : undefined;
	useEffect(() => {
		if (live !== undefined) change({ seenLive: live });
	}, [live]);
	return stageOf(call, known, wide);
}
