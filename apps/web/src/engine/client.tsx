/** The engine as React sees it: one client, one view, commands that come back with words. */
import type { ClientView, CommandError, ReadyView, SottoClient } from "@sotto/client";
import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from "react";
import { words } from "../words/index.ts";

/** Keeps the engine's newest view for React. */
export class ViewStore {
	readonly client: SottoClient;
	#view: ClientView = { phase: "loading" };
	readonly #listeners = new Set<() => void>();
	#heardOne = false;

	constructor(client: SottoClient) {
		this.client = client;
	}

	/** Starts listening; returns how to stop. */
	readonly start = (): (() => void) => {
		const stop = this.client.onEvent((event) => {
			if (event.kind === "view") this.#set(event.view);
		});
		// An event that overtook the first answer is newer than it.
		void this.client.view().then((view) => {
			if (!this.#heardOne) this.#set(view);
		});
		return stop;
	};

	readonly get = (): ClientView => this.#view;

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	#set(view: ClientView): void {
		this.#heardOne = true;
		this.#view = view;
		for (const listener of this.#listeners) listener();
	}
}

const ClientContext = createContext<SottoClient | undefined>(undefined);
const ReadyContext = createContext<ReadyView | undefined>(undefined);

type ProviderProps = { readonly client: SottoClient; readonly children: (view: ClientView) => ReactNode };

export function ClientProvider({ client, children }: ProviderProps) {
	const [store] = useState(() => new ViewStore(client));
	useEffect(() => store.start(), [store]);
	const view = useSyncExternalStore(store.subscribe, store.get);
	return (
		<ClientContext value={client}>
			<ReadyContext value={view.phase === "ready" ? view : undefined}>{children(view)}</ReadyContext>
		</ClientContext>
	);
}

export function useClient(): SottoClient {
	const client = use(ClientContext);
	if (client === undefined) throw new Error("useClient outside of ClientProvider");
	return client;
}

/** The view of somebody with an account; only below the shell. */
export function useReady(): ReadyView {
	const view = use(ReadyContext);
	if (view === undefined) throw new Error("useReady before the engine is ready");
	return view;
}

/** The sentence for a refused command. */
export function errorWords(error: CommandError): string {
	return words.errors[error.kind];
}
