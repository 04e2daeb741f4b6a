import { err } from "@sotto/bytes";
import type { ClientView, SottoClient } from "@sotto/client";
import { type RemoteMethod, remoteMethods } from "./messages.ts";

/** A client that can only say why it does nothing: the profile is locked, or its storage is broken. */
export function createStillClient(view: Exclude<ClientView, { phase: "ready" }>): SottoClient {
	const answers = {
		command: () => err({ kind: "notReady" }),
		view: () => view,
		history: () => ({ items: [], older: undefined }),
		entries: () => [],
	};
	const methods = Object.fromEntries(
		(Object.keys(remoteMethods) as RemoteMethod[]).map((method) => [
			method,
			async () => answers[remoteMethods[method]](),
		]),
	) as unknown as Pick<SottoClient, RemoteMethod>;
	return { ...methods, onEvent: () => () => undefined, close: async () => undefined };
}
