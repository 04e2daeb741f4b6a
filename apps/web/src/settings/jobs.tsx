import type { JobView } from "@sotto/client";
import { useClient, useReady } from "../engine/client.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { Progress } from "../ui/progress.tsx";
import { words } from "../words/index.ts";
import "./jobs.css";

/** Long work that goes on by itself, each with how far it is. */
export function Jobs() {
	const { jobs } = useReady();
	return jobs.map((job) => <Job key={job.id} job={job} />);
}

function sentenceOf({ kind, state, deviceName, done, total }: JobView): string {
	if (state === "done") return words.devices.jobsDone[kind](deviceName);
	if (state === "failed") return words.devices.jobsFailed[kind](deviceName);
	return words.devices.jobs[kind](deviceName, done, total);
}

function Job({ job }: { readonly job: JobView }) {
	const client = useClient();
	const { state, done, total } = job;
	const sentence = sentenceOf(job);
	const over = state === "done" || state === "failed";
	return (
		<div className={`job ${state === "failed" ? "attention" : ""}`}>
			<p className="job-line small numbers" role="status">
				{over ? <Icon name={state === "done" ? "check" : "warning"} size={18} /> : null}
				<bdi>{sentence}</bdi>
			</p>
			{over ? (
				<Button look="plain" compact onPress={() => void client.dismissJob(job.id)}>
					{words.devices.dismiss}
				</Button>
			) : (
				<Progress name={sentence} share={total === 0 ? undefined : done / total} />
			)}
			{state === "waiting" ? <p className="small quiet">{words.devices.waiting}</p> : null}
		</div>
	);
}
