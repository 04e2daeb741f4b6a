// `sotto serve` with another build of the web app than the one in the repository. Arguments: data folder, port, the build's folder.
import process from "node:process";
import { getRequestListener } from "@hono/node-server";
import { allRoles } from "../../../apps/cli/src/serve/roles.ts";
import { startServer } from "../../../apps/cli/src/serve/start-server.ts";
import { createWebApp } from "../../../apps/cli/src/serve/web-app.ts";
import { webHeaders } from "../../../apps/cli/src/serve/web-headers.ts";

const [data = "", port = "0", webFolder = ""] = process.argv.slice(2);

process.umask(0o077);
const server = await startServer({
	roles: new Set(allRoles),
	port: Number(port),
	data,
	tls: undefined,
	publicUrl: undefined,
	mediaAddress: undefined,
	mediaPorts: undefined,
	log: (line) => process.stderr.write(`${line}\n`),
	web: async (address) => {
		const app = createWebApp(webFolder, webHeaders(address));
		return { answer: getRequestListener(app.fetch, { overrideGlobalObjects: false }) };
	},
});
process.stdout.write(`${JSON.stringify({ type: "listening", port: server.http.port })}\n`);
