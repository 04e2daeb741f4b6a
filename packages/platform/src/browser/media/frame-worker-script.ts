import { ownScriptUrl } from "../script-url.ts";
// oxlint-disable-next-line import/default -- the bundler answers this one.
import workerUrl from "./sframe-worker.ts?worker&url";

/** Starts the SFrame worker: from the page, because there are no workers in Chromium's SharedWorker (findings). */
export function startFrameWorker(): Worker {
	return new Worker(ownScriptUrl(workerUrl), { type: "module", name: "sframe" });
}
