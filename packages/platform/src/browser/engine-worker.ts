// The engine's worker: a SharedWorker where there is one, otherwise one worker per tab. Its name is the profile's.
import { createClient } from "@sotto/client";
import { startEngineHost } from "./engine-host.ts";

const scope = globalThis as unknown as {
	readonly name: string;
	onconnect: unknown;
	onmessage: unknown;
};
const host = startEngineHost(scope.name, createClient);

/** Both kinds hand over the page's port the same way: as the event's first port. */
const attach = ({ ports }: MessageEvent) => {
	const [port] = ports;
	if (port !== undefined) host.attach(port);
};
if ("onconnect" in scope) scope.onconnect = attach;
else (scope as { onmessage: unknown }).onmessage = attach;
