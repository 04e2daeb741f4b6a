/** The five sounds, synthesised: ring, ring-back, connected, ended, message. Short and soft; one setting silences them. */
import { preferences } from "../state/preferences.ts";

export type OneSound = "connected" | "ended" | "message";
export type LoopSound = "ring" | "ringBack";

type Note = {
	/** Seconds after the sound's start. */
	readonly at: number;
	readonly hertz: number;
	readonly seconds: number;
	readonly loudness: number;
};

const one: { readonly [name in OneSound]: readonly Note[] } = {
	connected: [
		{ at: 0, hertz: 523.25, seconds: 0.18, loudness: 0.1 },
		{ at: 0.09, hertz: 783.99, seconds: 0.26, loudness: 0.1 },
	],
	ended: [
		{ at: 0, hertz: 587.33, seconds: 0.18, loudness: 0.09 },
		{ at: 0.11, hertz: 440, seconds: 0.32, loudness: 0.09 },
	],
	message: [
		{ at: 0, hertz: 880, seconds: 0.14, loudness: 0.07 },
		{ at: 0.07, hertz: 1174.66, seconds: 0.22, loudness: 0.06 },
	],
};

/** A falling and rising third, played twice, like a small bell; the far end's tone is one low, long note. */
const loops: { readonly [name in LoopSound]: { readonly notes: readonly Note[]; readonly everySeconds: number } } = {
	ring: {
		everySeconds: 3,
		notes: [0, 0.9].flatMap((at) => [
			{ at, hertz: 659.25, seconds: 0.5, loudness: 0.16 },
			{ at: at + 0.16, hertz: 830.61, seconds: 0.5, loudness: 0.15 },
			{ at: at + 0.32, hertz: 987.77, seconds: 0.7, loudness: 0.14 },
		]),
	},
	ringBack: { everySeconds: 4, notes: [{ at: 0, hertz: 425, seconds: 1, loudness: 0.05 }] },
};

let context: AudioContext | undefined;

function audio(): AudioContext {
	context ??= new AudioContext();
	return context;
}

/** Call on a press: browsers let a page sound only after one. */
export function unlockSound(): void {
	const sound = audio();
	if (sound.state === "suspended") void sound.resume().catch(() => undefined);
}

/** Unlocks sound at the first press or key anywhere, so that a call can be heard ringing later. */
export function unlockSoundOnFirstUse(): void {
	const stop = new AbortController();
	const unlock = () => {
		stop.abort();
		unlockSound();
	};
	addEventListener("pointerdown", unlock, { signal: stop.signal });
	addEventListener("keydown", unlock, { signal: stop.signal });
}

function playNotes(notes: readonly Note[], out: AudioNode, sound: AudioContext): void {
	const start = sound.currentTime + 0.02;
	for (const { at, hertz, seconds, loudness } of notes) {
		const from = start + at;
		const shape = sound.createGain();
		shape.gain.setValueAtTime(0, from);
		shape.gain.linearRampToValueAtTime(loudness, from + 0.012);
		shape.gain.exponentialRampToValueAtTime(0.0001, from + seconds);
		shape.connect(out);
		// A quiet octave above makes the tone a bell instead of a beep.
		for (const [times, share] of [
			[1, 1],
			[2, 0.18],
		] as const) {
			const partial = sound.createGain();
			partial.gain.value = share;
			partial.connect(shape);
			const tone = sound.createOscillator();
			tone.frequency.value = hertz * times;
			tone.connect(partial);
			tone.start(from);
			tone.stop(from + seconds + 0.05);
		}
	}
}

export function playSound(name: OneSound): void {
	if (!preferences().sounds) return;
	const sound = audio();
	playNotes(one[name], sound.destination, sound);
}

/** Plays until stopped; returns how to stop. */
export function loopSound(name: LoopSound): () => void {
	if (!preferences().sounds) return () => undefined;
	const sound = audio();
	const out = sound.createGain();
	out.connect(sound.destination);
	const { notes, everySeconds } = loops[name];
	const play = () => playNotes(notes, out, sound);
	play();
	const timer = setInterval(play, everySeconds * 1000);
	return () => {
		clearInterval(timer);
		out.gain.setTargetAtTime(0, sound.currentTime, 0.02);
		setTimeout(() => out.disconnect(), 200);
	};
}
