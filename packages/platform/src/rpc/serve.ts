import type { SottoClient } from "@sotto/client";
import type { Channel } from "./channel.ts";
import { type Answering, type Asking, parseAsking, rpcVersion, type Signal } from "./messages.ts";

/**
 * Lets the other end of `channel` use `client`: answers its calls and passes every event on, until the channel is lost or
 * the returned function is called.
 */
export function serveClient(
	client: SottoClient,
	channel: Channel,
	onSignal: (signal: Signal) => void = () => undefined,
): () => void {
	const send = (message: Answering) => channel.send(message);
	const stopEvents = client.onEvent((event) => send({ type: "event", event }));
	channel.listen((message) => {
		const asking = parseAsking(message);
		if (asking?.type === "signal") onSignal(asking.signal);
		if (asking?.type === "call") void answer(client, asking).then(send);
	});
	const stop = () => {
		stopEvents();
		channel.close();
	};
	channel.onLost(stop);
	send({ type: "hello", version: rpcVersion });
	return stop;
}

async function answer(client: SottoClient, call: Asking & { type: "call" }): Promise<Answering> {
	try {
		const method = client[call.method] as (...args: unknown[]) => Promise<unknown>;
		return { type: "answer", id: call.id, value: await method.apply(client, [...call.args]) };
	} catch (error) {
		return { type: "fault", id: call.id, message: error instanceof Error ? error.message : String(error) };
	}
}
