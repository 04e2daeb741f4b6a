// `sotto serve` with the collector inside: rooms that write down every media payload, and every request body on disk.
// Arguments: data folder, path of the tap, path of the bodies, port (0 takes a free one).
import { openSync, writeSync } from "node:fs";
import { type IncomingMessage, Server } from "node:http";
import process from "node:process";
import { builtWeb } from "../../apps/cli/src/serve/built-web.ts";
import { allRoles } from "../../apps/cli/src/serve/roles.ts";
import { startServer } from "../../apps/cli/src/serve/start-server.ts";

const [data = "", tapPath = "", bodiesPath = "", port = "0"] = process.argv.slice(2);

/** Copies each request's body on its way to the server: what an operator that logs live traffic has. */
function writeBodies(path: string): void {
	const file = openSync(path, "a");
	const emit = Reflect.get(Server.prototype, "emit") as (this: Server, event: string, ...rest: unknown[]) => boolean;
	Server.prototype.emit = function (event: string, ...rest: unknown[]): boolean {
		if (event === "request") {
			const request = rest[0] as IncomingMessage;
			const push = request.push.bind(request);
			const chunks: Buffer[] = [];
			request.push = (chunk: unknown, encoding?: BufferEncoding) => {
				if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
				if (chunk === null && chunks.length > 0) {
					const body = Buffer.concat(chunks);
					const size = Buffer.alloc(4);
					size.writeUInt32BE(body.length);
					writeSync(file, Buffer.concat([size, body]));
				}
				return push(chunk, encoding);
			};
		}
		return emit.call(this, event, ...rest);
	};
}

writeBodies(bodiesPath);
process.umask(0o077);
const server = await startServer({
	roles: new Set(allRoles),
	port: Number(port),
	data,
	tls: undefined,
	publicUrl: undefined,
	mediaAddress: undefined,
	mediaPorts: undefined,
	roomEntry: { url: new URL("../call/tapped-room.ts", import.meta.url), arguments: [tapPath] },
	log: (line) => process.stderr.write(`${line}\n`),
	web: await builtWeb((text) => process.stderr.write(`${text}\n`)),
});
process.stdout.write(`${JSON.stringify({ type: "listening", port: server.http.port })}\n`);
process.once("SIGTERM", () => void server.stop().then(() => process.exit(0)));
