import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { readFileSync } from "node:fs";
import { Refused } from "../command.ts";

export type TlsFiles = { readonly cert: string; readonly key: string };

/** Takes over an upgrade, or says that it is for somebody else. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

export type HttpOptions = {
	/** Addresses to listen on, all at one port; those this machine does not have are left out, if any is left. */
	readonly hosts: readonly string[];
	/** 0: any that is free. */
	readonly port: number;
	readonly tls: TlsFiles | undefined;
	readonly answer: RequestListener;
	readonly upgrades: readonly UpgradeHandler[];
};

export type HttpServers = {
	readonly port: number;
	readonly servers: readonly Server[];
	/** Takes no new connection and waits for what is being answered, `graceMs` at most. */
	readonly stop: (graceMs: number) => Promise<void>;
};

/** Opens the ports. Refuses in words: the port is taken, is not allowed, or the certificate cannot be read. */
export async function openHttpServers(options: HttpOptions): Promise<HttpServers> {
	const servers: Server[] = [];
	const sockets = new Set<Socket>();
	let port = options.port;
	for (const host of options.hosts) {
		const server = createOne(options);
		server.on("connection", (socket: Socket) => {
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
		});
		try {
			await listenOn(server, host, port);
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") continue;
			await stopAll(servers, sockets, 0);
			if (code === "EADDRINUSE") throw new Refused(`Port ${port} is in use. Choose another with --port.`);
			if (code === "EACCES")
				throw new Refused(`This user may not open port ${port}. Choose one above 1023 with --port.`);
			throw error;
		}
		servers.push(server);
		port = (server.address() as AddressInfo).port;
	}
	if (servers.length === 0) throw new Refused(`This machine has none of the addresses ${options.hosts.join(", ")}.`);
	return { port, servers, stop: (graceMs) => stopAll(servers, sockets, graceMs) };
}

function createOne({ tls, answer, upgrades }: HttpOptions): Server {
	// A sender that trickles its headers or body holds a connection no longer than this.
	const limits = { headersTimeout: 15_000, requestTimeout: 120_000, maxHeaderSize: 16_384 };
	const server = tls === undefined ? createServer(limits, answer) : createTls(tls, limits, answer);
	server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
		// Without a listener a reset before the handshake would end the process.
		socket.on("error", () => socket.destroy());
		if (upgrades.some((handle) => handle(request, socket, head))) return;
		socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	});
	return server;
}

function createTls(files: TlsFiles, limits: object, answer: RequestListener): TlsServer {
	const server = createTlsServer({ ...limits, ...readTls(files), minVersion: "TLSv1.2" }, answer);
	// Certificates are renewed while the server runs.
	process.on("SIGHUP", () => {
		try {
			server.setSecureContext(readTls(files));
		} catch (error) {
			process.stderr.write(`The certificate stays as it was: ${(error as Error).message}\n`);
		}
	});
	return server;
}

function readTls({ cert, key }: TlsFiles): { readonly cert: Buffer; readonly key: Buffer } {
	try {
		return { cert: readFileSync(cert), key: readFileSync(key) };
	} catch (error) {
		throw new Refused(`The certificate cannot be read: ${(error as Error).message}`);
	}
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		// "::" alone would take IPv4 too where the system is set so, and not elsewhere: we say what we mean.
		server.listen({ host, port, ipv6Only: host.includes(":") }, () => {
			server.off("error", reject);
			resolve();
		});
	});
}

async function stopAll(servers: readonly Server[], sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
	const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	for (const server of servers) server.closeIdleConnections();
	// Also those that were upgraded: an HTTP server does not know them any more, and waits for them.
	const cut = setTimeout(() => {
		for (const socket of Array.from(sockets)) socket.destroy();
	}, graceMs);
	await closed;
	clearTimeout(cut);
}
