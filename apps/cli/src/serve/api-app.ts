import { createApp } from "@sotto/door";
import type { Hono } from "hono";
import { cors } from "hono/cors";

/**
 * The routes of all roles under one address. Any web page may call them, without credentials: a contact's home may be another
 * server than the one the page came from, and a capability in the body, not a cookie, is what gives a right.
 */
export function createApiApp(roleApps: readonly Hono[]): Hono {
	const app = createApp();
	app.use("/v1/*", cors({ origin: "*", allowMethods: ["POST"], allowHeaders: ["content-type"], maxAge: 86_400 }));
	app.use("/v1/*", async (context, next) => {
		await next();
		context.res.headers.set("cross-origin-resource-policy", "cross-origin");
		context.res.headers.set("x-content-type-options", "nosniff");
	});
	for (const roleApp of roleApps) app.route("/", roleApp);
	return app;
}
