import type { Sound } from "./speech.ts";

const windowMs = 20;

/**
 * The loudness of a sound over time: the logarithm of the energy of each 20 ms, from a floor 50 dB below the loudest, so that
 * speech shows by its shape whatever its level.
 */
export function envelopeOf({ sampleRate, samples }: Sound): Float64Array {
	const width = Math.round((sampleRate * windowMs) / 1000);
	const energies = Float64Array.from({ length: Math.floor(samples.length / width) }, (_, window) => {
		let sum = 0;
		for (let k = 0; k < width; k++) sum += (samples[window * width + k] as number) ** 2;
		return sum / width;
	});
	const floor = Math.max(energies.reduce((top, energy) => Math.max(top, energy), 0) * 1e-5, 1e-12);
	return energies.map((energy) => Math.log10(Math.max(energy, floor)));
}

/** Pearson's correlation of two series of the same length; 0 when one of them does not move. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
	const count = Math.min(a.length, b.length);
	let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
	for (let k = 0; k < count; k++) {
		const x = a[k] as number;
		const y = b[k] as number;
		sumA += x;
		sumB += y;
		sumAA += x * x;
		sumBB += y * y;
		sumAB += x * y;
	}
	const varianceA = sumAA - (sumA * sumA) / count;
	const varianceB = sumBB - (sumB * sumB) / count;
	if (!(varianceA > 1e-9) || !(varianceB > 1e-9)) return 0;
	return (sumAB - (sumA * sumB) / count) / Math.sqrt(varianceA * varianceB);
}

/**
 * How well a recording matches what was said over and over: the best correlation of their envelopes for a start within 1 s of
 * `startsAt` seconds into what was said; for any start when that is not known.
 */
export function likeness(recording: Sound, said: Sound, startsAt?: number): number {
	const heard = envelopeOf(recording);
	const spoken = envelopeOf(said);
	const second = Math.round(1000 / windowMs);
	const first = startsAt === undefined ? 0 : Math.round(startsAt * second) - second;
	const lags = startsAt === undefined ? spoken.length : 2 * second + 1;
	let best = -1;
	for (let step = 0; step < lags; step++) {
		const lag = (((first + step) % spoken.length) + spoken.length) % spoken.length;
		const shifted = Float64Array.from(heard, (_, k) => spoken[(k + lag) % spoken.length] as number);
		best = Math.max(best, correlation(heard, shifted));
	}
	return best;
}

/**
 * {@link likeness} of the best `seconds` of a recording. What a busy machine's player skips or stretches shifts everything
 * behind it, which is no matter of what was said; two sentences are compared by the same measure.
 */
export function bestLikeness(recording: Sound, said: Sound, startsAt?: number, seconds = 3): number {
	const { sampleRate, samples } = recording;
	let best = -1;
	for (let from = 0; from === 0 || (from + seconds) * sampleRate <= samples.length; from++) {
		const part = samples.subarray(from * sampleRate, (from + seconds) * sampleRate);
		best = Math.max(
			best,
			likeness({ sampleRate, samples: part }, said, startsAt === undefined ? undefined : startsAt + from),
		);
	}
	return best;
}
