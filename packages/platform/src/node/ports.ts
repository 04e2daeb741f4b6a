import { err, ok, type Result } from "@sotto/bytes";
import type { Ports, Random } from "@sotto/client";
import { createTimerClock } from "../timer-clock.ts";
import { createNodeConnectivity } from "./connectivity.ts";
import { type OpenStoreError, openNodeStore } from "./store.ts";
import { createNodeTransport } from "./transport.ts";

export const nodeRandom: Random = (length) => crypto.getRandomValues(new Uint8Array(length));

export type NodePorts = Ports & {
	/** Ends network traffic under way and releases the profile's lock. */
	readonly close: () => Promise<void>;
};

/** Everything the engine needs, on the profile in `folder`. Errors: see {@link openNodeStore}. */
export async function openNodePorts(
	folder: string,
	options: { readonly lockWaitMs?: number } = {},
): Promise<Result<NodePorts, OpenStoreError>> {
	const store = await openNodeStore(folder, options.lockWaitMs);
	if (!store.ok) return err(store.error);
	const transport = createNodeTransport();
	const { clock, resumed } = createTimerClock();
	const close = async () => {
		transport.close();
		await store.value.close();
	};
	return ok({
		store: store.value,
		transport,
		clock,
		random: nodeRandom,
		connectivity: createNodeConnectivity(resumed),
		close,
	});
}
