import { getRequestListener } from "@hono/node-server";
import { builtWebFolder, ensureWebBuilt } from "./build-web.ts";
import type { ServeOptions } from "./start-server.ts";
import { createWebApp } from "./web-app.ts";
import { webHeaders } from "./web-headers.ts";

/** The web app as it is built, for {@link ServeOptions}. */
export async function builtWeb(tell: (text: string) => void): Promise<NonNullable<ServeOptions["web"]>> {
	await ensureWebBuilt(tell);
	return async (address) => {
		const app = createWebApp(builtWebFolder, webHeaders(address));
		return { answer: getRequestListener(app.fetch, { overrideGlobalObjects: false }) };
	};
}
