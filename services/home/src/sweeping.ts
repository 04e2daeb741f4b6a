import type { Clock } from "@sotto/door";
import { hourOf, type LogLine, type Store } from "@sotto/storage";

const sweepEveryMs = 3_600_000;
/** Rows of a kind looked at in one step: everybody's appends wait for a step, and this one takes milliseconds. */
const rowsPerStep = 256;

export type SweepingDependencies = {
	readonly store: Store;
	readonly clock: Clock;
	readonly log: (line: LogLine) => void;
};

/** Removes what has outlived its lifetime (L4), now and every hour from now on. Returns how to stop. */
export function startSweeping(dependencies: SweepingDependencies): () => void {
	const { clock } = dependencies;
	let cancel = () => {};
	let stopped = false;
	const next = () => {
		if (stopped) return;
		cancel = clock.wakeAt(clock.now() + sweepEveryMs, next);
		void sweepOnce(dependencies, () => stopped);
	};
	next();
	return () => {
		stopped = true;
		cancel();
	};
}

/** Sweeps in small steps until nothing expired is left, and logs the sums. */
export async function sweepOnce(
	{ store, clock, log }: SweepingDependencies,
	isStopped: () => boolean = () => false,
): Promise<void> {
	const sums = { records: 0, logs: 0, blobs: 0 };
	for (let more = true; more && !isStopped(); ) {
		const swept = await store.sweep({ hour: hourOf(clock.now()), limit: rowsPerStep });
		if (!swept.ok) return log({ event: "sweepFailed", reason: swept.error.kind });
		sums.records += swept.value.records;
		sums.logs += swept.value.logs;
		sums.blobs += swept.value.blobs;
		more = swept.value.more;
	}
	if (sums.records + sums.logs + sums.blobs > 0) log({ event: "swept", ...sums });
}
