/** A contact link that was opened in the browser: taken out of the address at once, kept until it is used. */
import { useSyncExternalStore } from "react";

let given: string | undefined;
const listeners = new Set<() => void>();

function set(link: string | undefined): void {
	given = link;
	for (const listener of listeners) listener();
}

/** Reads the address and clears its fragment, so that the link stays in neither history nor screen sharing. */
export function takeLinkFromAddress(): void {
	if (location.hash.length < 2) return;
	const link = location.href;
	history.replaceState(history.state, "", location.pathname + location.search);
	set(link);
}

/** Takes the link now and whenever one is opened in this tab. */
export function watchAddress(): void {
	takeLinkFromAddress();
	addEventListener("hashchange", takeLinkFromAddress);
}

export const dropGivenLink = (): void => set(undefined);

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export function useGivenLink(): string | undefined {
	return useSyncExternalStore(subscribe, () => given);
}
