import { rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import type { SottoClient } from "@sotto/client";
import { type Channel, createRemoteClient, type RemoteClient, serveClient } from "@sotto/platform/node";
import { readJson, writeJson } from "./socket-json.ts";

/** Longer paths do not fit into a socket address (sun_path has 108 bytes on Linux, 104 on macOS). */
const maxPathBytes = 100;
const maxLineBytes = 16 << 20;

/** Where a running `sotto listen` can be met by other commands of the same profile; undefined if the path is too long. */
export function socketPath(profile: string): string | undefined {
	const path = join(profile, "listen.sock");
	return Buffer.byteLength(path) <= maxPathBytes ? path : undefined;
}

/**
 * Lets other commands of this profile use `client` while this process holds the profile's lock. Only this user can: the socket
 * is made with mode 0600 in a folder of mode 0700. Returns how to stop.
 */
export async function offerClient(profile: string, client: SottoClient): Promise<() => void> {
	const path = socketPath(profile);
	if (path === undefined) return () => undefined;
	// The lock is ours, so a socket that is there belongs to a process that was killed.
	rmSync(path, { force: true });
	const open = new Set<Socket>();
	const server = createServer((socket) => {
		open.add(socket);
		socket.on("close", () => open.delete(socket));
		serveClient(client, socketChannel(socket));
	});
	const previous = process.umask(0o177);
	try {
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(path, resolve);
		});
	} finally {
		process.umask(previous);
	}
	return () => {
		server.close();
		for (const socket of open) socket.destroy();
	};
}

/** The client of a `sotto listen` that runs on this profile, or undefined when there is none. */
export async function meetClient(profile: string): Promise<RemoteClient | undefined> {
	const path = socketPath(profile);
	if (path === undefined) return undefined;
	const socket = await new Promise<Socket | undefined>((resolve) => {
		const connecting = createConnection(path, () => resolve(connecting));
		connecting.on("error", () => resolve(undefined));
	});
	if (socket === undefined) return undefined;
	const client = createRemoteClient(socketChannel(socket));
	const lost = new Promise<"otherVersion">((resolve) => socket.once("close", () => resolve("otherVersion")));
	if ((await Promise.race([client.greeted, lost])) === "ready") return client;
	await client.close();
	return undefined;
}

/** One JSON object per line; byte strings travel as `{"$bytes": base64url}`. Both ends are this user's. */
function socketChannel(socket: Socket): Channel {
	let received = (_message: unknown) => {};
	let rest = "";
	socket.setEncoding("utf8");
	socket.on("data", (chunk: string) => {
		const lines = (rest + chunk).split("\n");
		rest = lines.pop() ?? "";
		if (rest.length > maxLineBytes) socket.destroy();
		for (const line of lines) received(readJson(line));
	});
	// "close" follows every error.
	socket.on("error", () => undefined);
	return {
		send: (message) => {
			if (socket.writable) socket.write(`${writeJson(message)}\n`);
		},
		listen: (listener) => {
			received = listener;
		},
		onLost: (lost) => socket.once("close", lost),
		close: () => socket.end(),
	};
}
