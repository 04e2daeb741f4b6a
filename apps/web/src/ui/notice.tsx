/** Short confirmations at the foot of the screen, heard politely; one at a time, gone after a while. */
import { useEffect, useSyncExternalStore } from "react";

type Notice = { readonly text: string; readonly serial: number };

let current: Notice | undefined;
let serial = 0;
const listeners = new Set<() => void>();

function set(next: Notice | undefined): void {
	current = next;
	for (const listener of listeners) listener();
}

/** Shows and announces a sentence. */
export function notice(text: string): void {
	serial += 1;
	set({ text, serial });
}

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export function NoticePlace() {
	const shown = useSyncExternalStore(subscribe, () => current);
	useEffect(() => {
		if (shown === undefined) return;
		const timer = setTimeout(() => set(undefined), 2_000 + shown.text.length * 60);
		return () => clearTimeout(timer);
	}, [shown]);
	return (
		<div className="notice" role="status">
			{shown === undefined ? null : <p key={shown.serial}>{shown.text}</p>}
		</div>
	);
}
