/** Builds the preview of scenes and serves it with the product's own headers, so that a violation of the policy shows. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import process from "node:process";
import { build } from "vite";
import { contentSecurityPolicy, securityHeaders } from "../../csp.ts";

const types: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript",
	".css": "text/css",
	".woff2": "font/woff2",
	".svg": "image/svg+xml",
};

export type PreviewServer = { readonly origin: string; readonly stop: () => Promise<void> };

/** Serves the files of a folder on a free port. */
export async function serveFolder(folder: string): Promise<PreviewServer> {
	const server = createServer((request, response) => {
		const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
		if (path === "/favicon.ico") return void response.writeHead(204).end();
		const file = join(folder, path === "/" ? "index.html" : path);
		readFile(file).then(
			(bytes) => {
				response.writeHead(200, {
					...securityHeaders,
					"content-security-policy": contentSecurityPolicy(),
					"content-type": types[extname(file)] ?? "application/octet-stream",
				});
				response.end(bytes);
			},
			() => response.writeHead(404).end(),
		);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		origin: `http://127.0.0.1:${port}`,
		stop: () => {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(() => resolve()));
		},
	};
}

/** The scenes of `apps/web/test`, built into a folder that goes when the server stops. */
export async function servePreview(): Promise<PreviewServer> {
	const folder = await mkdtemp(join(tmpdir(), "sotto-preview-"));
	process.env.SOTTO_PREVIEW_OUT = folder;
	process.env.NODE_ENV = "production";
	await build({ configFile: join(import.meta.dirname, "../preview/vite.config.ts"), logLevel: "error" });
	const server = await serveFolder(folder);
	return {
		origin: server.origin,
		stop: async () => {
			await server.stop();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
