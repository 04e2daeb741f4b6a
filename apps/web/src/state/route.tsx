/** Where one is. Lives in the browser's history, so that the back gesture and the back button work; never in the address. */
import type { ConversationId, HistoryItem } from "@sotto/client";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from "react";

export type Room = "chats" | "calls" | "people" | "settings";

export type Drawer = { readonly kind: "details" } | { readonly kind: "item"; readonly item: HistoryItem };

export type Route = {
	readonly room: Room;
	/** The conversation in the middle; a phone shows it instead of the room. */
	readonly conversation: ConversationId | undefined;
	/** "What the server sees", in place of the conversation. */
	readonly ledger: boolean;
	readonly drawer: Drawer | undefined;
	/** How many steps the app itself has pushed, so that "back" never leaves it. */
	readonly depth: number;
};

export const home: Route = { room: "chats", conversation: undefined, ledger: false, drawer: undefined, depth: 0 };

type Navigation = {
	readonly route: Route;
	/** Goes somewhere; the way back leads here. */
	readonly go: (to: Partial<Omit<Route, "depth">>) => void;
	/** Goes somewhere without a way back to here (switching between rooms or conversations of a wide screen). */
	readonly replace: (to: Partial<Omit<Route, "depth">>) => void;
	readonly back: () => void;
};

const NavigationContext = createContext<Navigation | undefined>(undefined);

function routeOf(state: unknown): Route {
	const found = typeof state === "object" && state !== null && "sotto" in state ? state.sotto : undefined;
	return (found as Route | undefined) ?? home;
}

export function NavigationProvider({ children }: { readonly children: ReactNode }) {
	const [route, setRoute] = useState<Route>(() => routeOf(history.state));

	useEffect(() => {
		const onPop = (event: PopStateEvent) => setRoute(routeOf(event.state));
		addEventListener("popstate", onPop);
		return () => removeEventListener("popstate", onPop);
	}, []);

	const go = useCallback((to: Partial<Omit<Route, "depth">>) => {
		const was = routeOf(history.state);
		const next = { ...was, ...to, depth: was.depth + 1 };
		history.pushState({ sotto: next }, "");
		setRoute(next);
	}, []);
	const replace = useCallback((to: Partial<Omit<Route, "depth">>) => {
		const next = { ...routeOf(history.state), ...to };
		history.replaceState({ sotto: next }, "");
		setRoute(next);
	}, []);
	const back = useCallback(() => {
		const was = routeOf(history.state);
		if (was.depth > 0) history.back();
		else replace({ conversation: undefined, ledger: false, drawer: undefined });
	}, [replace]);

	const navigation = useMemo(() => ({ route, go, replace, back }), [route, go, replace, back]);
	return <NavigationContext value={navigation}>{children}</NavigationContext>;
}

export function useNavigation(): Navigation {
	const navigation = use(NavigationContext);
	if (navigation === undefined) throw new Error("useNavigation outside of NavigationProvider");
	return navigation;
}
