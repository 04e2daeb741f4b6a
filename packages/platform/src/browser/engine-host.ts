import type { Ports, SottoClient } from "@sotto/client";
import type { Signal } from "../rpc/messages.ts";
import { createRemoteClient } from "../rpc/remote-client.ts";
import { serveClient } from "../rpc/serve.ts";
import { createStillClient } from "../rpc/still-client.ts";
import { createSwitchboard, type Switchboard } from "../rpc/switchboard.ts";
import { createTimerClock } from "../timer-clock.ts";
import { receiveGuests, seekHost } from "./between-tabs.ts";
import { createBrowserConnectivity } from "./connectivity.ts";
import { holdForLife } from "./life-lock.ts";
import { createPortChannel } from "./port-channel.ts";
import { openBrowserStore } from "./store.ts";
import { createBrowserTransport } from "./transport.ts";

/** How long a worker without the profile's lock looks for the one that has it before it says "locked". */
const seekMs = 3_000;

/** First letter of a page on its port, and the worker's answer: each says which lock it holds for life. */
export type PageGreeting = { readonly pageLife: string };
export type WorkerGreeting = { readonly workerLife: string };

/**
 * Runs in every engine worker, shared or not. Whichever gets the Web Lock of `profile` hosts the engine (C5: one process per
 * profile); the others pass their pages' calls on to it, and the next of them takes over when it ends.
 */
export function startEngineHost(
	profile: string,
	startEngine: (ports: Ports) => Promise<SottoClient>,
): { readonly attach: (port: MessagePort) => void } {
	const life = `${profile}-life-${crypto.randomUUID()}`;
	const alive = holdForLife(life).held;
	const board = createSwitchboard();
	let passSignal = (_signal: Signal) => {};

	const stopSeeking = beGuest(profile, life, alive, board, (pass) => {
		passSignal = pass;
	});
	void navigator.locks.request(`${profile}-profile`, async () => {
		stopSeeking();
		await alive;
		const { clock, resumed } = createTimerClock();
		const connectivity = createBrowserConnectivity(resumed);
		passSignal = connectivity.signal;
		await connectEngineTo(board, profile, startEngine, { clock, connectivity });
		receiveGuests(profile, life, (channel) => serveClient(board.client, channel, connectivity.signal));
		// The lock is the worker's until it ends.
		return new Promise(() => undefined);
	});

	return {
		attach: (port) => {
			port.onmessage = async ({ data }: MessageEvent<PageGreeting>) => {
				await alive;
				port.postMessage({ workerLife: life } satisfies WorkerGreeting);
				serveClient(board.client, createPortChannel(port, data.pageLife), (signal) => passSignal(signal));
			};
		},
	};
}

function beGuest(
	profile: string,
	life: string,
	alive: Promise<void>,
	board: Switchboard,
	onHost: (pass: (signal: Signal) => void) => void,
): () => void {
	let stopped = false;
	let stop = () => {};
	const locked = setTimeout(() => board.connect(createStillClient({ phase: "locked" })), seekMs);
	void alive.then(() => {
		if (stopped) return;
		stop = seekHost(profile, life, (channel) => {
			clearTimeout(locked);
			const remote = createRemoteClient(channel);
			onHost(remote.signal);
			board.connect(remote);
		});
	});
	return () => {
		stopped = true;
		clearTimeout(locked);
		stop();
	};
}

async function connectEngineTo(
	board: Switchboard,
	profile: string,
	startEngine: (ports: Ports) => Promise<SottoClient>,
	{ clock, connectivity }: Pick<Ports, "clock" | "connectivity">,
): Promise<void> {
	let engine: SottoClient | undefined;
	const store = await openBrowserStore(profile, () => {
		// The browser threw the data away under us: stop before anything is written over the hole.
		board.connect(createStillClient({ phase: "broken", reason: "storageLost" }));
		void engine?.close();
	});
	if (!store.ok) return board.connect(createStillClient({ phase: "broken", reason: store.error.kind }));
	engine = await startEngine({
		store: store.value,
		transport: createBrowserTransport(),
		clock,
		random: (length) => crypto.getRandomValues(new Uint8Array(length)),
		connectivity,
	});
	board.connect(engine);
}
