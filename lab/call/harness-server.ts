import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { createSfu, type Sfu } from "@sotto/sfu";
import { build } from "vite";

const types: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript",
	".wav": "audio/wav",
};

/** What the product's pages are served under, so that the worker and the worklet are shown to work with it. */
const policy =
	"default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self' blob:; require-trusted-types-for 'script'; trusted-types sotto-worker";

export type HarnessServer = {
	readonly url: string;
	readonly sfu: () => Sfu;
	/** Ends the server with everything in it and starts another on the same port. */
	readonly restart: () => Promise<void>;
	readonly stop: () => Promise<void>;
};

/** Builds the harness page, or another one that has it in it, into `folder`, as the web app is built. */
export async function buildHarnessPage(folder: string, root = join(import.meta.dirname, "page")): Promise<void> {
	await build({
		root,
		configFile: false,
		base: "./",
		logLevel: "error",
		worker: { format: "es" },
		build: { outDir: folder, emptyOutDir: true, target: "esnext", minify: false, assetsInlineLimit: 0 },
	});
}

/**
 * Serves the harness page and an sfu whose rooms write what they see to `tapPath`; as the product's rooms if that is undefined. Files
 * beside the page are served too.
 */
export async function startHarnessServer(pageFolder: string, tapPath?: string): Promise<HarnessServer> {
	let { server, sfu } = await listen(pageFolder, tapPath, 0);
	const { port } = server.address() as AddressInfo;
	const stop = async () => {
		sfu.stop();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	};
	return {
		url: `http://127.0.0.1:${port}`,
		sfu: () => sfu,
		async restart() {
			await stop();
			({ server, sfu } = await listen(pageFolder, tapPath, port));
		},
		stop,
	};
}

async function listen(
	pageFolder: string,
	tapPath: string | undefined,
	port: number,
): Promise<{ server: Server; sfu: Sfu }> {
	const sfu = createSfu({
		mediaAddress: "127.0.0.1",
		now: () => performance.now(),
		random: (length) => new Uint8Array(randomBytes(length)),
		log: (line) => console.log(`sfu: ${line}`),
		...(tapPath === undefined
			? {}
			: { roomEntry: { url: new URL("./tapped-room.ts", import.meta.url), arguments: [tapPath] } }),
	});
	const api = getRequestListener(sfu.app.fetch);
	const server = createServer((request, response) => {
		const path = request.url?.split("?", 1)[0] ?? "/";
		if (path.startsWith("/v1/")) return void api(request, response);
		if (path === "/favicon.ico") return void response.writeHead(204).end();
		readFile(join(pageFolder, path === "/" ? "index.html" : path)).then(
			(body) =>
				response
					.writeHead(200, {
						"content-type": types[extname(path === "/" ? ".html" : path)] ?? types[".html"],
						"content-security-policy": policy,
					})
					.end(body),
			() => response.writeHead(404).end(),
		);
	});
	server.on("upgrade", (request, socket, head) => {
		if (!sfu.handleUpgrade(request, socket, head)) socket.destroy();
	});
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	return { server, sfu };
}
