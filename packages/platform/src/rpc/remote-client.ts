import { err } from "@sotto/bytes";
import type { ClientEvent, SottoClient } from "@sotto/client";
import type { Channel } from "./channel.ts";
import {
	type Answering,
	type Asking,
	parseAnswering,
	type RemoteMethod,
	remoteMethods,
	rpcVersion,
	type Signal,
} from "./messages.ts";

export type RemoteClient = SottoClient & {
	/** Tells the engine what only this side sees. */
	readonly signal: (signal: Signal) => void;
	/** "ready" once the engine answered in our version, "otherVersion" if it speaks another. */
	readonly greeted: Promise<"ready" | "otherVersion">;
};

type Waiting = {
	readonly method: RemoteMethod;
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: Error) => void;
};

/**
 * A {@link SottoClient} whose engine is at the other end of `channel`. `close` leaves the engine running. When the engine is
 * lost, commands under way return "notReady" and questions get an empty answer: nothing is asked twice behind the user's back.
 */
export function createRemoteClient(channel: Channel): RemoteClient {
	const listeners = new Set<(event: ClientEvent) => void>();
	const waiting = new Map<number, Waiting>();
	let nextId = 1;
	let open = true;
	const greeting = Promise.withResolvers<"ready" | "otherVersion">();

	const lose = () => {
		open = false;
		for (const { method, resolve } of waiting.values()) resolve(lostAnswer(method));
		waiting.clear();
	};
	const receive = (answering: Answering) => {
		if (answering.type === "event") {
			for (const listener of Array.from(listeners)) listener(answering.event as ClientEvent);
		} else if (answering.type === "hello") {
			greeting.resolve(answering.version === rpcVersion ? "ready" : "otherVersion");
		} else {
			const call = waiting.get(answering.id);
			waiting.delete(answering.id);
			if (answering.type === "answer") call?.resolve(answering.value);
			else call?.reject(new Error(answering.message));
		}
	};
	channel.listen((message) => {
		const answering = parseAnswering(message);
		if (answering !== undefined && open) receive(answering);
	});
	channel.onLost(lose);

	const send = (asking: Asking) => channel.send(asking);
	const call = (method: RemoteMethod, args: readonly unknown[]) =>
		new Promise<unknown>((resolve, reject) => {
			if (!open) return resolve(lostAnswer(method));
			const id = nextId++;
			waiting.set(id, { method, resolve, reject });
			send({ type: "call", id, method, args });
		});
	const methods = Object.fromEntries(
		(Object.keys(remoteMethods) as RemoteMethod[]).map((method) => [
			method,
			(...args: unknown[]) => call(method, args),
		]),
	) as unknown as Pick<SottoClient, RemoteMethod>;

	return {
		...methods,
		onEvent: (listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		close: async () => {
			lose();
			channel.close();
		},
		signal: (signal) => send({ type: "signal", signal }),
		greeted: greeting.promise,
	};
}

function lostAnswer(method: RemoteMethod): unknown {
	switch (remoteMethods[method]) {
		case "command":
			return err({ kind: "notReady" });
		case "view":
			return { phase: "loading" };
		case "history":
			return { items: [], older: undefined };
		case "entries":
			return [];
	}
}
