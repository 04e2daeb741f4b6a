/** Sentences that are only heard: messages that arrive, calls that change. */
import { useSyncExternalStore } from "react";

type Heard = { readonly polite: string; readonly urgent: string };

let heard: Heard = { polite: "", urgent: "" };
const listeners = new Set<() => void>();

/** Has a screen reader say the sentence; `urgent` interrupts (a ringing call). */
export function say(sentence: string, urgency: "polite" | "urgent" = "polite"): void {
	heard = { ...heard, [urgency]: sentence };
	for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export function HeardPlace() {
	const { polite, urgent } = useSyncExternalStore(subscribe, () => heard);
	return (
		<>
			<div className="only-heard" aria-live="polite" data-live-announcer="true">
				{polite}
			</div>
			<div className="only-heard" aria-live="assertive" data-live-announcer="true">
				{urgent}
			</div>
		</>
	);
}
