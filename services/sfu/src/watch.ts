/** How often a room's process is asked for a sign of life, and how long it may owe one. */
export const beatMs = 500;
const silenceMs = 3_500;
/** Before its first sign of life a process is loading its code, which takes seconds on a machine that is busy. */
const startingSilenceMs = 15_000;
/** A native thread that spins leaves JavaScript alive: seen as CPU time without packets (findings.md). */
const spinWindowMs = 6_000;
const spinCpuShare = 0.9;
const spinPacketsPerSecond = 1_500;

export type Beat = { readonly cpuMs: number; readonly packets: number };
type Sample = Beat & { readonly at: number };

/** What is known of a process's health. Made by {@link startWatch}, moved on by {@link hasSpoken} and {@link beatArrived}. Times in ms. */
export type Watch = { readonly heardAt: number; readonly hasStarted: boolean; readonly samples: readonly Sample[] };

export function startWatch(now: number): Watch {
	return { heardAt: now, hasStarted: false, samples: [] };
}

/** Any word of the process shows that it has started; only beats show that it goes on. */
export function hasSpoken(watch: Watch, now: number): Watch {
	return watch.hasStarted ? watch : { ...watch, heardAt: now, hasStarted: true };
}

export function beatArrived(watch: Watch, beat: Beat, now: number): Watch {
	const samples = [
		...watch.samples.filter((sample) => now - sample.at <= spinWindowMs + 2 * beatMs),
		{ ...beat, at: now },
	];
	return { heardAt: now, hasStarted: true, samples };
}

/**
 * `silent`: no answer for 3.5 s, or for 15 s while it starts. `spinning`: nine tenths of a core for 6 s while few packets were forwarded. Both mean that the
 * process is to be killed. `sinceAsked` is how long the watcher itself has been awake: after a suspended laptop or a
 * stalled server the process gets its time anew.
 */
export function judge(watch: Watch, now: number, sinceAsked: number): "well" | "silent" | "spinning" {
	const allowed = watch.hasStarted ? silenceMs : startingSilenceMs;
	if (Math.min(now - watch.heardAt, sinceAsked) > allowed) return "silent";
	const first = watch.samples[0];
	const last = watch.samples.at(-1);
	if (first === undefined || last === undefined || last.at - first.at < spinWindowMs) return "well";
	const seconds = (last.at - first.at) / 1000;
	const busy = (last.cpuMs - first.cpuMs) / (last.at - first.at);
	return busy >= spinCpuShare && (last.packets - first.packets) / seconds < spinPacketsPerSecond ? "spinning" : "well";
}
