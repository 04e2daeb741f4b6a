/** How often the line is asked for a sign of life. */
export const beatMs = 500;
const silenceMs = 3_500;
/** Before its first sign of life it is loading its code, which takes many seconds on a machine that is busy. */
const startingSilenceMs = 40_000;
/** A native thread that spins leaves JavaScript alive: seen as CPU time without packets (findings). */
const spinWindowMs = 6_000;
const spinCpuShare = 0.9;
const spinPacketsPerSecond = 3_000;

/** CPU time and packets since the line started. Times in ms. */
export type LineBeat = { readonly at: number; readonly cpuMs: number; readonly packets: number };

/** Whether the line is well: it answers, and its CPU time goes into packets. `beats` oldest first, of the last 10 s. */
export function judgeLine(beats: readonly LineBeat[], heardAt: number, now: number): boolean {
	const last = beats.at(-1);
	if (now - heardAt > (last === undefined ? startingSilenceMs : silenceMs)) return false;
	const first = beats.find(({ at }) => last !== undefined && last.at - at <= spinWindowMs + 2 * beatMs);
	if (first === undefined || last === undefined || last.at - first.at < spinWindowMs) return true;
	const share = (last.cpuMs - first.cpuMs) / (last.at - first.at);
	const packetsPerSecond = (1000 * (last.packets - first.packets)) / (last.at - first.at);
	return share < spinCpuShare || packetsPerSecond >= spinPacketsPerSecond;
}
