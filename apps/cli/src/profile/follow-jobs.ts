import type { JobView, SottoClient } from "@sotto/client";
import type { Given } from "../command.ts";
import { jobJson, jobText } from "../job-lines.ts";
import { waitForAnyView } from "./wait-for-view.ts";

const isOver = ({ state }: JobView) => state === "done" || state === "failed";

/**
 * Tells how the jobs that `wanted` names go on, until there is one of each kind in `kinds` and all are over; returns them as they are
 * then, or when the time is up. What was told as done is taken off the list.
 */
export async function followJobs(
	{ output }: Given,
	client: SottoClient,
	kinds: readonly JobView["kind"][],
	wanted: (job: JobView) => boolean,
	withinMs: number,
): Promise<readonly JobView[]> {
	const told = new Map<string, string>();
	let last: readonly JobView[] = [];
	const tell = (job: JobView) => {
		const line = jobText(job);
		if (told.get(job.id) === line) return;
		told.set(job.id, line);
		output.result(jobJson(job), line);
	};
	await waitForAnyView(
		client,
		(view) => {
			if (view.phase !== "ready") return undefined;
			last = view.jobs.filter((job) => kinds.includes(job.kind) && wanted(job));
			for (const job of last) tell(job);
			return kinds.every((kind) => last.some((job) => job.kind === kind)) && last.every(isOver) ? true : undefined;
		},
		withinMs,
	);
	for (const { id, state } of last) if (state === "done") await client.dismissJob(id);
	return last;
}
