import type { ClientEvent } from "@sotto/client";
import { useEffect, useState } from "react";
import { useClient } from "./client.tsx";

type Task = Extract<ClientEvent, { kind: "progress" }>["task"];

/** How far a long command has come, 0 to 1; undefined before it said anything. */
export function useProgress(task: Task): number | undefined {
	const client = useClient();
	const [share, setShare] = useState<number>();
	useEffect(
		() =>
			client.onEvent((event) => {
				if (event.kind === "progress" && event.task === task)
					setShare(event.total === 0 ? 0 : Math.min(1, event.done / event.total));
			}),
		[client, task],
	);
	return share;
}
