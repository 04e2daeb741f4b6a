import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { Hono } from "hono";

type Coding = "br" | "gzip" | "identity";

type WebFile = {
	readonly type: string;
	readonly content: Buffer<ArrayBuffer>;
	readonly etag: string;
	readonly cacheControl: string;
	/** Compressed when first asked for, then kept. */
	readonly codings: Map<Coding, Promise<Buffer>>;
};

const types: { readonly [extension: string]: string } = {
	".css": "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".ico": "image/x-icon",
	".js": "text/javascript; charset=utf-8",
	".json": "application/json",
	".png": "image/png",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
	".wasm": "application/wasm",
	".webmanifest": "application/manifest+json",
	".woff2": "font/woff2",
};

/** Files whose name holds their hash never change; everything else is asked for again each time. */
const forEver = "public, max-age=31536000, immutable";
const askAgain = "no-cache";
/** Below this a compressed file is no smaller on the wire. */
const worthCompressing = 1_000;

/** Serves the built web app in `folder` from memory, with `headers` on everything. `GET /` is the page. */
export function createWebApp(folder: string, headers: Readonly<Record<string, string>>): Hono {
	const files = readFiles(folder);
	const app = new Hono();
	app.use(async (context, next) => {
		await next();
		for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value);
	});
	app.notFound((context) => context.text("There is nothing here.\n", 404, { "cache-control": "no-store" }));
	app.get("*", async (context) => {
		const path = context.req.path === "/" ? "/index.html" : context.req.path;
		const file = files.get(path);
		if (file === undefined) return context.notFound();
		const base = { "cache-control": file.cacheControl, etag: file.etag, vary: "accept-encoding" };
		if (context.req.header("if-none-match") === file.etag) return context.body(null, 304, base);
		const coding = chooseCoding(file, context.req.header("accept-encoding") ?? "");
		return context.body(new Uint8Array(await encoded(file, coding)), 200, {
			...base,
			"content-type": file.type,
			...(coding === "identity" ? {} : { "content-encoding": coding }),
		});
	});
	return app;
}

function readFiles(folder: string): ReadonlyMap<string, WebFile> {
	const files = new Map<string, WebFile>();
	for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
		const path = join(folder, name);
		// What starts with a dot is the builder's own.
		if (!statSync(path).isFile() || name.split(sep).some((part) => part.startsWith("."))) continue;
		const address = `/${relative(folder, path).split(sep).join("/")}`;
		const content = readFileSync(path);
		files.set(address, {
			type: types[extname(name)] ?? "application/octet-stream",
			content,
			etag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`,
			cacheControl: address.startsWith("/assets/") ? forEver : askAgain,
			codings: new Map(),
		});
	}
	return files;
}

function chooseCoding(file: WebFile, accepted: string): Coding {
	const isText = /^(text|application\/(json|manifest|wasm)|image\/svg)/.test(file.type);
	if (!isText || file.content.length < worthCompressing) return "identity";
	const offers = accepted.split(",").map((offer) => offer.trim().split(";")[0]);
	return offers.includes("br") ? "br" : offers.includes("gzip") ? "gzip" : "identity";
}

function encoded(file: WebFile, coding: Coding): Promise<Buffer> {
	const known = file.codings.get(coding);
	if (known !== undefined) return known;
	const made = compress(file.content, coding);
	file.codings.set(coding, made);
	return made;
}

async function compress(content: Buffer, coding: Coding): Promise<Buffer> {
	if (coding === "identity") return content;
	if (coding === "gzip") return promisify(gzip)(content, { level: 9 });
	return promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
}
