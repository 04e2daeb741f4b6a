import type { ReadyView } from "@sotto/client";
import { type OpenProfile, readyView } from "./open-profile.ts";

/** The first view, from now on, of which `pick` makes something; undefined if there is none within the time, or before `stop`. */
export async function waitForView<T>(
	profile: OpenProfile,
	pick: (view: ReadyView) => T | undefined,
	withinMs: number,
	stop: Promise<void> = new Promise(() => {}),
): Promise<T | undefined> {
	const found = Promise.withResolvers<T | undefined>();
	const look = (view: ReadyView) => {
		const picked = pick(view);
		if (picked !== undefined) found.resolve(picked);
	};
	const stopEvents = profile.client.onEvent((event) => {
		if (event.kind === "view" && event.view.phase === "ready") look(event.view);
	});
	void stop.then(() => found.resolve(undefined));
	const timer = setTimeout(() => found.resolve(undefined), withinMs);
	try {
		look(await readyView(profile));
		return await found.promise;
	} finally {
		clearTimeout(timer);
		stopEvents();
	}
}
