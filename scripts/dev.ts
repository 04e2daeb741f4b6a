// npm run dev: all roles and the web app from its sources in one process; a changed file reloads the page.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { createServer as createVite } from "vite";
import { allRoles } from "../apps/cli/src/serve/roles.ts";
import { type ServeOptions, startServer, type WebSide } from "../apps/cli/src/serve/start-server.ts";

const root = resolve(import.meta.dirname, "..");
const data = join(root, "data", "dev");
mkdirSync(data, { recursive: true, mode: 0o700 });

const options: ServeOptions = {
	roles: new Set(allRoles),
	port: Number(process.env.PORT ?? 8080),
	data,
	tls: undefined,
	publicUrl: undefined,
	mediaAddress: undefined,
	mediaPorts: undefined,
	log: (line) => console.error(line),
	web: async ({ http }): Promise<WebSide> => {
		const [server] = http.servers;
		const vite = await createVite({
			configFile: join(root, "apps/web/vite.config.ts"),
			appType: "spa",
			// What workers import is found before they start: a dependency that is found later breaks the worker that asked for it.
			optimizeDeps: { entries: ["index.html", "../../packages/platform/src/browser/**/*worker*.ts"] },
			server: { middlewareMode: true, ...(server === undefined ? {} : { hmr: { server } }) },
		});
		return {
			answer: (request, response) => vite.middlewares(request, response),
			// Vite listens for its own upgrades itself: they are only not to be refused.
			upgrades: [(request) => request.headers["sec-websocket-protocol"]?.startsWith("vite-") === true],
		};
	},
};

const server = await startServer(options);
console.log(`Sotto (from sources, reloading) is at ${server.origins[0]}`);
console.log(`Data folder ${data}`);
console.log("The content security policy is not sent here; npm start has it.");

for (const signal of ["SIGINT", "SIGTERM"] as const) {
	process.once(signal, () => void server.stop().then(() => process.exit(0)));
}
