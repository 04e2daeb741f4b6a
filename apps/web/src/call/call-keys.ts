import { useEffect, useRef, useState } from "react";

type Keys = {
	readonly microphoneOn: boolean;
	readonly cameraOn: boolean;
	readonly onMicrophone: (on: boolean) => void;
	readonly onCamera: (on: boolean) => void;
	readonly onShare: () => void;
	readonly onHand: () => void;
	readonly onView: () => void;
	/** The how manieth of the reactions, from 0. */
	readonly onReaction: (index: number) => void;
	readonly onHangUp: () => void;
};

const isTyping = (target: EventTarget | null) =>
	target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
const isOnControl = (target: EventTarget | null) =>
	target instanceof HTMLElement && target.closest("button, a, [role=option], [role=dialog]") !== null;

/** One key for each thing on the bar, and the space bar to talk while muted. Returns whether one is talking by it. */
export function useCallKeys(keys: Keys): boolean {
	const latest = useRef(keys);
	useEffect(() => {
		latest.current = keys;
	});
	const [talking, setTalking] = useState(false);
	useEffect(() => {
		let held = false;
		const down = (event: KeyboardEvent) => {
			if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
			const { microphoneOn, onMicrophone } = latest.current;
			const key = event.key.toLowerCase();
			if (key === " " && !isOnControl(event.target)) {
				event.preventDefault();
				if (event.repeat || microphoneOn) return;
				held = true;
				setTalking(true);
				onMicrophone(true);
			} else if (event.repeat) return;
			else pressed(key, latest.current);
		};
		const release = () => {
			if (!held) return;
			held = false;
			setTalking(false);
			latest.current.onMicrophone(false);
		};
		const up = (event: KeyboardEvent) => {
			if (event.key === " ") release();
		};
		addEventListener("keydown", down);
		addEventListener("keyup", up);
		// A key released outside of the window is never heard of.
		addEventListener("blur", release);
		return () => {
			removeEventListener("keydown", down);
			removeEventListener("keyup", up);
			removeEventListener("blur", release);
		};
	}, []);
	return talking;
}

function pressed(key: string, keys: Keys): void {
	switch (key) {
		case "m":
			return keys.onMicrophone(!keys.microphoneOn);
		case "v":
			return keys.onCamera(!keys.cameraOn);
		case "s":
			return keys.onShare();
		case "r":
			return keys.onHand();
		case "g":
			return keys.onView();
		case "h":
			return keys.onHangUp();
		default:
			if (/^[1-9]$/.test(key)) keys.onReaction(Number(key) - 1);
	}
}
