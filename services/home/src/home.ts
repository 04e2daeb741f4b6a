import { type Clock, createApp, serveRoute } from "@sotto/door";
import type { LogLine, Store } from "@sotto/storage";
import type { Hono } from "hono";
import { serveBlobs } from "./blob-routes.ts";
import { createLimits, defaultCaps, type HomeCaps } from "./caps.ts";
import { serveLogs } from "./log-routes.ts";
import type { Serve } from "./parts.ts";

export type HomeDependencies = {
	readonly store: Store;
	readonly clock: Clock;
	readonly caps?: HomeCaps;
	/** Takes the few lines that may be logged; every one is declared in services/storage/src/schema.ts. */
	readonly log: (line: LogLine) => void;
};

/**
 * The home role: append-only logs and blobs behind capabilities (docs/spec/logs.md, docs/spec/blobs.md). It knows random ids, sealed
 * bytes and hours; it keeps and logs no address, no user agent and no request.
 */
export function createHome({ store, clock, caps = defaultCaps, log }: HomeDependencies): Hono {
	const app = createApp();
	const limits = createLimits(
		caps,
		clock,
		oncePerHour(clock, (what) => log({ event: "limited", role: "home", what })),
	);
	const serve: Serve = (route, handle) =>
		serveRoute(app, route, handle, (fault) => log({ event: "fault", role: "home", ...fault }));
	const parts = { store, clock, limits };
	serveLogs(serve, parts);
	serveBlobs(serve, parts);
	return app;
}

/** A cap that is reached is reached a thousand times a second: the operator is told once an hour for each kind. */
function oncePerHour<T>(clock: Clock, tell: (what: T) => void): (what: T) => void {
	const toldAt = new Map<T, number>();
	return (what) => {
		if (clock.now() - (toldAt.get(what) ?? Number.NEGATIVE_INFINITY) < 3_600_000) return;
		toldAt.set(what, clock.now());
		tell(what);
	};
}
