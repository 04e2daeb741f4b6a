/** Sentences that are only heard: messages that arrive, calls that change. */
import { useSyncExternalStore } from "react";

type Heard = { readonly polite: string; readonly urgent: string };
type Urgency = keyof Heard;

let heard: Heard = { polite: "", urgent: "" };
const standsMs = 5_000;
const silence: { -readonly [urgency in Urgency]?: ReturnType<typeof setTimeout> } = {};
const listeners = new Set<() => void>();

/** Has a screen reader say the sentence; `urgent` interrupts (a ringing call). */
export function say(sentence: string, urgency: "polite" | "urgent" = "polite"): void {
	set({ ...heard, [urgency]: sentence });
	// What was said is not left lying about for whoever reads through the page later.
	clearTimeout(silence[urgency]);
	silence[urgency] = setTimeout(() => set({ ...heard, [urgency]: "" }), standsMs);
}

function set(next: Heard): void {
	heard = next;
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
