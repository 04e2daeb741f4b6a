import { mkdirSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import process from "node:process";
import { type Command, type Given, jsonOption, numberOption, Refused, UsageError } from "../command.ts";
import type { TlsFiles } from "../serve/http-servers.ts";
import { notSplit, parseRoles } from "../serve/roles.ts";
import type { RunningServer } from "../serve/start-server.ts";

export const serve: Command = {
	name: "serve",
	words: [],
	summary: "runs the server, with the web app",
	details: [
		"Without --public-url or --media-address it listens on this machine alone (127.0.0.1 and ::1). Other machines need HTTPS:",
		"browsers give keys, microphone and camera to secure pages only. Give --tls-cert and --tls-key (read again on SIGHUP), or",
		"put a TLS proxy in front and say its address with --public-url.",
		"Media goes over UDP to --media-address, one port of --media-ports for each room; let them through the firewall.",
		"It keeps no access log. Ctrl-C or SIGTERM stops it; what was acknowledged is on disk.",
	],
	options: {
		roles: { value: "ROLES", help: "all (default), or some of home,notifier,sfu" },
		port: { value: "PORT", help: "TCP port (default 8080; 0 takes a free one)" },
		data: { value: "DIR", help: "data folder (default ./data)" },
		"public-url": { value: "URL", help: "where people open it, such as https://sotto.example" },
		"tls-cert": { value: "FILE", help: "certificate chain, PEM" },
		"tls-key": { value: "FILE", help: "its private key, PEM" },
		"media-address": { value: "IP", help: "the address that clients reach this machine's UDP ports at" },
		"media-ports": { value: "A-B", help: "UDP ports for rooms (default: any free one)" },
		"no-web": { help: "serve no web app" },
		json: jsonOption,
	},
	examples: [
		"sotto serve",
		"sotto serve --public-url https://sotto.example --tls-cert cert.pem --tls-key key.pem --port 443 --media-ports 40000-40099",
		"sotto serve --roles notifier --no-web --port 8081 --data ./notifier-data",
	],
	run: async (given) => {
		const options = {
			roles: parseRoles(given.text("roles") ?? "all"),
			port: numberOption(given, "port", 0, 65_535) ?? 8080,
			data: resolve(given.text("data") ?? "data"),
			tls: tlsFiles(given),
			publicUrl: publicUrl(given.text("public-url")),
			mediaAddress: mediaAddress(given.text("media-address")),
			mediaPorts: mediaPorts(given.text("media-ports")),
		};
		// Whatever a role writes is for this user alone.
		process.umask(0o077);
		makeFolder(options.data);
		const log = (line: string) => process.stderr.write(`${line}\n`);
		const hasWeb = options.roles.has("home") && !given.isSet("no-web");
		// Loaded when it is needed: other commands have no server in them.
		const { builtWeb } = await import("../serve/built-web.ts");
		const { startServer } = await import("../serve/start-server.ts");
		const web = hasWeb ? await builtWeb((text) => given.output.remark(text)) : undefined;
		// Listened for before anybody can read that it runs, and stop it at once.
		const stopAsked = untilSignal();
		const server = await startServer({ ...options, log, web });
		tellStart(given, options.data, options.roles, server);
		await stopAsked;
		await server.stop();
		given.output.result({ type: "stopped" }, "Stopped.");
	},
};

function tellStart(given: Given, data: string, roles: ReturnType<typeof parseRoles>, server: RunningServer): void {
	const { origins, mediaAddress, http } = server;
	const [url] = origins as [string];
	const shared = notSplit(roles);
	const lines = [
		`Sotto is at   ${url}`,
		`Data folder   ${data}`,
		...(mediaAddress === undefined ? [] : [`Media         UDP at ${mediaAddress}`]),
		...(shared === undefined ? [] : ["", shared]),
	];
	const json = { type: "listening", url, port: http.port, data, roles: [...roles], mediaAddress };
	given.output.result(json, lines.join("\n"));
}

/** Resolves at the first signal to stop; a second one ends the process at once. */
function untilSignal(): Promise<void> {
	return new Promise((resolveSignal) => {
		for (const [signal, number] of [["SIGINT", 2] as const, ["SIGTERM", 15] as const]) {
			process.once(signal, () => {
				process.once(signal, () => process.exit(128 + number));
				resolveSignal();
			});
		}
	});
}

function makeFolder(folder: string): void {
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
	} catch (error) {
		throw new Refused(`The data folder cannot be made: ${(error as Error).message}`);
	}
}

function tlsFiles(given: Given): TlsFiles | undefined {
	const cert = given.text("tls-cert");
	const key = given.text("tls-key");
	if (cert === undefined && key === undefined) return undefined;
	if (cert === undefined || key === undefined) throw new UsageError("--tls-cert and --tls-key go together");
	return { cert, key };
}

function publicUrl(text: string | undefined): URL | undefined {
	if (text === undefined) return undefined;
	const url = URL.parse(text);
	const isOrigin =
		url !== null && ["http:", "https:"].includes(url.protocol) && url.pathname === "/" && url.search === "";
	if (!isOrigin) throw new UsageError("--public-url takes an address without a path, such as https://sotto.example");
	return url;
}

function mediaAddress(text: string | undefined): string | undefined {
	if (text !== undefined && isIP(text) === 0) throw new UsageError("--media-address takes an IP address");
	return text;
}

function mediaPorts(text: string | undefined): { readonly from: number; readonly to: number } | undefined {
	if (text === undefined) return undefined;
	const [from = 0, to = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).slice(1).map(Number);
	if (!(from >= 1 && from <= to && to <= 65_535))
		throw new UsageError("--media-ports takes a range, such as 40000-40099");
	return { from, to };
}
