import type { ClientView, ReadyView, SottoClient } from "@sotto/client";
import { type OpenProfile, readyView } from "./open-profile.ts";

/** The first view, from now on, of which `pick` makes something; undefined if there is none within the time, or before `stop`. */
export async function waitForView<T>(
	profile: OpenProfile,
	pick: (view: ReadyView) => T | undefined,
	withinMs: number,
	stop?: Promise<void>,
): Promise<T | undefined> {
	await readyView(profile);
	return waitForAnyView(profile.client, (view) => (view.phase === "ready" ? pick(view) : undefined), withinMs, stop);
}

/** The same for a profile that need not have an account. */
export async function waitForAnyView<T>(
	client: SottoClient,
	pick: (view: ClientView) => T | undefined,
	withinMs: number,
	stop: Promise<void> = new Promise(() => {}),
): Promise<T | undefined> {
	const found = Promise.withResolvers<T | undefined>();
	const look = (view: ClientView) => {
		const picked = pick(view);
		if (picked !== undefined) found.resolve(picked);
	};
	const stopEvents = client.onEvent((event) => {
		if (event.kind === "view") look(event.view);
	});
	void stop.then(() => found.resolve(undefined));
	const timer = setTimeout(() => found.resolve(undefined), withinMs);
	try {
		look(await client.view());
		return await found.promise;
	} finally {
		clearTimeout(timer);
		stopEvents();
	}
}
