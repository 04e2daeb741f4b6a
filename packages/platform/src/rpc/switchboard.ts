import type { ClientEvent, ClientView, SottoClient } from "@sotto/client";
import { type RemoteMethod, remoteMethods } from "./messages.ts";

export type Switchboard = {
	/** What is handed out: stays the same while what stands behind it changes. */
	readonly client: SottoClient;
	/** Puts another client behind it, and tells everybody its view. */
	readonly connect: (target: SottoClient) => void;
};

/** One lasting {@link SottoClient} in front of changing ones. Until the first is connected the view is "loading" and calls wait. */
export function createSwitchboard(): Switchboard {
	const listeners = new Set<(event: ClientEvent) => void>();
	const tell = (event: ClientEvent) => {
		for (const listener of Array.from(listeners)) listener(event);
	};
	const first = Promise.withResolvers<void>();
	let target: SottoClient | undefined;
	let stopEvents = () => {};

	const call = async (method: RemoteMethod, args: readonly unknown[]): Promise<unknown> => {
		if (target === undefined && method === "view") return { phase: "loading" } satisfies ClientView;
		await first.promise;
		const current = target as SottoClient;
		return (current[method] as (...args: unknown[]) => Promise<unknown>).apply(current, [...args]);
	};
	const methods = Object.fromEntries(
		(Object.keys(remoteMethods) as RemoteMethod[]).map((method) => [
			method,
			(...args: unknown[]) => call(method, args),
		]),
	) as unknown as Pick<SottoClient, RemoteMethod>;

	return {
		client: {
			...methods,
			onEvent: (listener) => {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
			close: async () => {
				listeners.clear();
				await target?.close();
			},
		},
		connect: (next) => {
			stopEvents();
			target = next;
			stopEvents = next.onEvent(tell);
			first.resolve();
			void next.view().then((view) => {
				if (target === next) tell({ kind: "view", view });
			});
		},
	};
}
