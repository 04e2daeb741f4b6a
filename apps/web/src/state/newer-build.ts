/** Whether the server hands out another build than the one on this page. */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { useReady } from "../engine/client.tsx";

let isThere = false;
const listeners = new Set<() => void>();

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export const useNewerBuild = (): boolean => useSyncExternalStore(subscribe, () => isThere);

/** Asks when the network is back: who updates a server starts it again, and its pages lose it for a moment. */
export function useWatchBuild(): void {
	const { phase } = useReady().network;
	const wasAway = useRef(false);
	useEffect(() => {
		if (phase !== "online") wasAway.current = true;
		else if (wasAway.current) {
			wasAway.current = false;
			void look();
		}
	}, [phase]);
}

async function look(): Promise<void> {
	const served = await servedScript();
	isThere = served !== undefined && served !== ownScript();
	for (const listener of listeners) listener();
}

const ownScript = () => document.querySelector("script[type=module][src]")?.getAttribute("src") ?? undefined;

/** The address of the first script of the page as the server has it now; its name holds the hash of its content. */
async function servedScript(): Promise<string | undefined> {
	try {
		const response = await fetch("/", { cache: "no-cache", credentials: "omit" });
		const page = response.ok ? await response.text() : "";
		return /<script [^>]*type="module"[^>]* src="([^"]+)"/.exec(page)?.[1];
	} catch {
		return undefined;
	}
}
