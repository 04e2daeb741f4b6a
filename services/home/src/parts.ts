import type { Route } from "@sotto/api";
import type { Clock, Handler } from "@sotto/door";
import type { Store } from "@sotto/storage";
import type { Limits } from "./caps.ts";

/** What every route of home works with. */
export type HomeParts = { readonly store: Store; readonly clock: Clock; readonly limits: Limits };

/** Puts a route of the contract on the app. */
export type Serve = <Request extends object, Response>(
	route: Route<Request, Response>,
	handle: Handler<Request, Response>,
) => void;
