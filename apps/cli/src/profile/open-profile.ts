import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { ReadyView, SottoClient } from "@sotto/client";
import { openNodePorts } from "@sotto/platform/node";
import { type Given, Refused } from "../command.ts";
import { meetClient } from "./local-socket.ts";

export type OpenProfile = {
	readonly client: SottoClient;
	/** Where it is. */
	readonly folder: string;
	/** "own": this process holds the profile's lock. "met": a running `sotto listen` does, and this command speaks through it. */
	readonly how: "own" | "met";
};

export function profileFolder(given: Given): string {
	return resolve(given.text("profile") ?? join(homedir(), ".sotto"));
}

/** How long to wait in all for a profile that another command holds, and how often to look for a `listen` meanwhile. */
const waitMs = 5_000;
const lookEveryMs = 500;

/**
 * Runs `work` on the profile that was given, and closes it whatever happens. Everything that `work` was told is done is on disk
 * by then. Waits up to 5 s for another command on the same profile.
 */
export async function withProfile<T>(given: Given, work: (profile: OpenProfile) => Promise<T>): Promise<T> {
	const folder = profileFolder(given);
	for (let waited = 0; ; waited += lookEveryMs) {
		const met = await meetClient(folder);
		if (met !== undefined) return finish({ client: met, folder, how: "met" }, () => met.close(), work);
		const ports = await openNodePorts(folder, { lockWaitMs: lookEveryMs });
		if (ports.ok) {
			// Loaded when it is needed: help and usage errors answer at once, and a server has no client in it.
			const { createClient } = await import("@sotto/client");
			const client = await createClient(ports.value);
			const close = async () => {
				await client.close();
				await ports.value.close();
			};
			return finish({ client, folder, how: "own" }, close, work);
		}
		if (ports.error.kind === "storageFull") throw new Refused("The disk is full. Make room and try again.");
		if (ports.error.kind === "storageUnavailable") throw new Refused(`${folder} cannot be used as a profile.`);
		if (waited >= waitMs)
			throw new Refused(`Another sotto command is using ${folder}. Try again when it has finished.`);
	}
}

async function finish<T>(
	profile: OpenProfile,
	close: () => Promise<void>,
	work: (profile: OpenProfile) => Promise<T>,
): Promise<T> {
	try {
		return await work(profile);
	} finally {
		await close();
	}
}

/** The view of a profile with an account. Refuses, with what to do, when there is none or it cannot be used. */
export async function readyView({ client, folder }: OpenProfile): Promise<ReadyView> {
	const view = await settledView(client);
	switch (view.phase) {
		case "ready":
			return view;
		case "noAccount":
			throw new Refused(
				`There is no account in ${folder}. Create one: sotto account create --name NAME --home URL --profile ${folder}`,
			);
		case "linking":
			throw new Refused(`${folder} is being linked to an account. Finish that first.`);
		case "locked":
			throw new Refused(`Another sotto command is using ${folder}. Try again when it has finished.`);
		case "broken":
			throw new Refused(
				view.reason === "rolledBack"
					? `${folder} is an older copy of a profile that is in use. Use the newer one, or make a new profile.`
					: `The files in ${folder} cannot be used (${view.reason}).`,
			);
	}
}

/** The view once the engine has started. */
export async function settledView(client: SottoClient) {
	for (;;) {
		const changed = Promise.withResolvers<void>();
		const stop = client.onEvent((event) => event.kind === "view" && changed.resolve());
		const view = await client.view();
		if (view.phase !== "loading") {
			stop();
			return view;
		}
		await changed.promise;
		stop();
	}
}
