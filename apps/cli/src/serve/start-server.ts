import { statfsSync } from "node:fs";
import type { RequestListener } from "node:http";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { systemClock } from "@sotto/door";
import { createHome, startSweeping } from "@sotto/home";
import { createNotifier, openNotifierKey } from "@sotto/notifier";
import { createSfu, type SfuOptions } from "@sotto/sfu";
import { openSqliteStore } from "@sotto/storage";
import type { Hono } from "hono";
import { Refused } from "../command.ts";
import { createApiApp } from "./api-app.ts";
import { type HttpServers, openHttpServers, type TlsFiles, type UpgradeHandler } from "./http-servers.ts";
import type { Role } from "./roles.ts";

export type ServeOptions = {
	readonly roles: ReadonlySet<Role>;
	readonly port: number;
	/** The data folder; made for this user alone when it is missing. */
	readonly data: string;
	readonly tls: TlsFiles | undefined;
	/** Where people open it, when that is not this machine: then it listens on all addresses. */
	readonly publicUrl: URL | undefined;
	readonly mediaAddress: string | undefined;
	readonly mediaPorts: { readonly from: number; readonly to: number } | undefined;
	/** Lines for the operator; they hold sums and reasons, no address and no id. */
	readonly log: (line: string) => void;
	/** Another program for the rooms: the lab's, which writes down what it can see. */
	readonly roomEntry?: SfuOptions["roomEntry"];
	/** Answers everything that is not under /v1/; it is made once the addresses are known. */
	readonly web: ((address: RunningAddress) => Promise<WebSide>) | undefined;
};

/** The web app's side of the server: the built app, or the workshop of `npm run dev`. */
export type WebSide = { readonly answer: RequestListener; readonly upgrades?: readonly UpgradeHandler[] };

export type RunningAddress = {
	/** Every origin that this server is known by, the one to tell people first. */
	readonly origins: readonly string[];
	readonly isSecure: boolean;
	readonly http: HttpServers;
};

export type RunningServer = RunningAddress & {
	readonly mediaAddress: string | undefined;
	readonly stop: () => Promise<void>;
};

const graceMs = 3_000;

type RoleParts = {
	readonly apps: readonly Hono[];
	readonly upgrades: readonly UpgradeHandler[];
	/** Ends the sockets: an HTTP server is not closed while they are open. */
	readonly hangUp: () => void;
	/** Closes the store; what was acknowledged is on disk already. */
	readonly close: () => Promise<void>;
};

/** Starts the roles on one port. Throws {@link Refused} when the data folder, the certificate or the port cannot be used. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
	const isPublic = options.publicUrl !== undefined || options.mediaAddress !== undefined;
	const mediaAddress = options.roles.has("sfu") ? chooseMediaAddress(options) : undefined;
	const roles = await startRoles(options, mediaAddress);
	const api = getRequestListener(createApiApp(roles.apps).fetch, { overrideGlobalObjects: false });
	let web: WebSide | undefined;
	try {
		const http = await openHttpServers({
			hosts: isPublic ? ["0.0.0.0", "::"] : ["127.0.0.1", "::1"],
			port: options.port,
			tls: options.tls,
			answer: (request, response) => {
				if (web === undefined || request.url?.startsWith("/v1/") === true) void api(request, response);
				else web.answer(request, response);
			},
			upgrades: [...roles.upgrades, (...upgrade) => (web?.upgrades ?? []).some((handle) => handle(...upgrade))],
		});
		const address = addressOf(options, isPublic, http);
		web = await options.web?.(address);
		const stop = async () => {
			roles.hangUp();
			await http.stop(graceMs);
			await roles.close();
		};
		return { ...address, mediaAddress, stop };
	} catch (error) {
		roles.hangUp();
		await roles.close();
		throw error;
	}
}

async function startRoles(options: ServeOptions, mediaAddress: string | undefined): Promise<RoleParts> {
	const { roles, data, log } = options;
	const apps: Hono[] = [];
	const upgrades: UpgradeHandler[] = [];
	const hangUps: (() => void)[] = [];
	let close = async () => {};
	const logLine = (line: object) => log(JSON.stringify(line));
	if (roles.has("sfu") && mediaAddress !== undefined) {
		const sfu = createSfu({
			mediaAddress,
			...(options.mediaPorts === undefined ? {} : { mediaPorts: options.mediaPorts }),
			...(options.roomEntry === undefined ? {} : { roomEntry: options.roomEntry }),
			now: () => performance.now(),
			random: (length) => crypto.getRandomValues(new Uint8Array(length)),
			log,
		});
		apps.push(sfu.app);
		upgrades.push(sfu.handleUpgrade);
		hangUps.push(sfu.stop);
	}
	if (roles.has("notifier")) {
		const notifier = createNotifier({ clock: systemClock, keyPair: await openNotifierKey(data), log: logLine });
		apps.push(notifier.app);
		upgrades.push(notifier.handleUpgrade);
		hangUps.push(notifier.stop);
	}
	if (roles.has("home")) {
		const store = await openSqliteStore({ path: join(data, "home.db"), maxBytes: roomFor(data) });
		if (!store.ok) throw new Refused(`The data folder ${data} cannot be used: ${store.error.message}`);
		apps.push(createHome({ store: store.value, clock: systemClock, log: logLine }));
		const stopSweeping = startSweeping({ store: store.value, clock: systemClock, log: logLine });
		close = async () => {
			stopSweeping();
			await store.value.close();
		};
	}
	return {
		apps,
		upgrades,
		hangUp: () => {
			for (const hangUp of hangUps) hangUp();
		},
		close: () => close(),
	};
}

/** Nine tenths of what the disk has left when the server starts: it answers "full" before the machine is. */
function roomFor(folder: string): number {
	const { bavail, bsize } = statfsSync(folder);
	return Math.max(1 << 30, Math.floor(bavail * bsize * 0.9));
}

function addressOf({ publicUrl, tls }: ServeOptions, isPublic: boolean, http: HttpServers): RunningAddress {
	const scheme = tls === undefined ? "http" : "https";
	const here = (host: string) => `${scheme}://${host}:${http.port}`;
	const local = [here("localhost"), here("127.0.0.1")];
	if (publicUrl === undefined) {
		const origins = isPublic ? [here(hostText(outwardAddress() ?? "localhost")), ...local] : local;
		return { origins, isSecure: tls !== undefined, http };
	}
	return { origins: [publicUrl.origin], isSecure: publicUrl.protocol === "https:", http };
}

/** What was said; the host of the public URL if that is an address; else the machine's own; else this machine alone. */
function chooseMediaAddress({ mediaAddress, publicUrl }: ServeOptions): string {
	if (mediaAddress !== undefined) return mediaAddress;
	if (publicUrl === undefined) return "127.0.0.1";
	const host = publicUrl.hostname.replace(/^\[|\]$/g, "");
	if (/^[\d.]+$/.test(host) || host.includes(":")) return host;
	return host === "localhost" ? "127.0.0.1" : (outwardAddress() ?? "127.0.0.1");
}

function outwardAddress(): string | undefined {
	const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
	return all.find((entry) => !entry.internal && entry.family === "IPv4")?.address;
}

function hostText(address: string): string {
	return address.includes(":") ? `[${address}]` : address;
}
