// A server of its own process for the crash and fuzz runs: node server-entry.ts DATA_FOLDER
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { createApp, systemClock } from "@sotto/door";
import { createHome, startSweeping } from "@sotto/home";
import { createNotifier, openNotifierKey } from "@sotto/notifier";
import { type LogLine, openSqliteStore } from "@sotto/storage";

const folder = process.argv[2] as string;
const log = (line: LogLine) => console.error(JSON.stringify(line));
const opened = await openSqliteStore({ path: join(folder, "home.db"), maxBytes: 2 ** 33 });
if (!opened.ok) throw new Error(opened.error.message);
const store = opened.value;
const notifier = createNotifier({ clock: systemClock, keyPair: await openNotifierKey(folder), log });
startSweeping({ store, clock: systemClock, log });
const app = createApp();
app.route("/", createHome({ store, clock: systemClock, log }));
app.route("/", notifier.app);
const server = createServer(getRequestListener(app.fetch));
server.on("upgrade", (request, socket, head) => {
	if (!notifier.handleUpgrade(request, socket, head)) socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
