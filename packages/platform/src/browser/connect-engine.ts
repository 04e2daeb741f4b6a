import type { ClientEvent, SottoClient } from "@sotto/client";
import { createRemoteClient } from "../rpc/remote-client.ts";
import { createStillClient } from "../rpc/still-client.ts";
import { createSwitchboard } from "../rpc/switchboard.ts";
import type { PageGreeting, WorkerGreeting } from "./engine-host.ts";
// The bundler answers these two; the files themselves export nothing.
// oxlint-disable-next-line import/default
import workerUrl from "./engine-worker.ts?worker&url";
// oxlint-disable-next-line import/default
import sharedWorkerUrl from "./engine-worker.ts?sharedworker&url";
import { holdForLife, whenEnded } from "./life-lock.ts";
import { watchPage } from "./page-signals.ts";
import { createPortChannel } from "./port-channel.ts";
import { ownScriptUrl } from "./script-url.ts";

const restartAfterMs = 500;

export type EngineOptions = {
	/** Names the local database and its lock: one engine per profile and origin. */
	readonly profile?: string;
	/** Where SharedWorker exists, a worker per tab can be asked for; it behaves the same. */
	readonly worker?: "shared" | "own";
};

/**
 * The page's door to the engine of this origin. All tabs that connect share one engine, one view and one lock; the engine lives
 * in a SharedWorker, or in the worker of one of the tabs where there is none, and moves on when that tab goes.
 * Never fails: what is wrong is in the view ("locked", "broken").
 */
export function connectEngine({ profile = "sotto", worker = "shared" }: EngineOptions = {}): SottoClient {
	// Locks, storage of keys and WebCrypto exist only where the page came by HTTPS or from this machine.
	if (!isSecureContext) return createStillClient({ phase: "broken", reason: "storageUnavailable" });
	const board = createSwitchboard();
	const pageLife = `${profile}-page-${crypto.randomUUID()}`;
	let closed = false;
	let stop = () => {};

	const life = holdForLife(pageLife);
	const start = async () => {
		await life.held;
		const port = openPort(profile, worker, () => {
			board.connect(createStillClient({ phase: "broken", reason: "storageUnavailable" }));
		});
		const workerLife = await greet(port, { pageLife });
		if (closed) return port.close();
		const remote = createRemoteClient(createPortChannel(port, workerLife));
		const stopPage = watchPage(remote.signal);
		const stopWaiting = whenEnded(workerLife, () => {
			stop();
			setTimeout(() => void start(), restartAfterMs);
		});
		stop = () => {
			stopPage();
			stopWaiting();
		};
		board.connect(remote);
	};
	void start();
	askForLastingStorage(board.client);

	return {
		...board.client,
		close: async () => {
			closed = true;
			stop();
			await board.client.close();
			life.release();
		},
	};
}

function openPort(profile: string, kind: "shared" | "own", failed: () => void): MessagePort {
	if (kind === "shared" && typeof SharedWorker === "function") {
		const worker = new SharedWorker(ownScriptUrl(sharedWorkerUrl), { name: profile, type: "module" });
		worker.addEventListener("error", failed);
		return worker.port;
	}
	const worker = new Worker(ownScriptUrl(workerUrl), { name: profile, type: "module" });
	worker.addEventListener("error", failed);
	const { port1, port2 } = new MessageChannel();
	worker.postMessage(undefined, [port2]);
	return port1;
}

/** Tells the worker who is there and waits for its answer; what follows on the port is for the next listener. */
function greet(port: MessagePort, greeting: PageGreeting): Promise<string> {
	return new Promise((resolve) => {
		port.onmessage = ({ data }: MessageEvent<WorkerGreeting>) => resolve(data.workerLife);
		port.postMessage(greeting);
	});
}

/**
 * Once there is an account to lose, asks the browser not to evict it when space is short. Not before: Firefox asks the user,
 * who should know what for.
 */
function askForLastingStorage(client: SottoClient): void {
	const stop = client.onEvent((event: ClientEvent) => {
		if (event.kind !== "view" || event.view.phase !== "ready") return;
		stop();
		void navigator.storage.persist().catch(() => false);
	});
}
