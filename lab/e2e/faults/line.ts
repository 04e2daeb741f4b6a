import { encodeRefusal, type RefusalCode, refusals } from "@sotto/api";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";

/** How a line is broken: `refused` closes every connection and refuses new ones; `silent` just lets nothing through. */
export type Cut = "refused" | "silent";

/**
 * One person's line to the server, through which all of TCP and all media of that person goes; it can be cut. After a cut the
 * media comes from another address than before, as behind another network.
 */
export type Line = {
	/** Where the person's browser finds the server's TCP port instead. */
	readonly port: number;
	/** The UDP port that stands for a room's `port`. */
	readonly mediaPort: (port: number) => Promise<number>;
	readonly cut: (how: Cut) => void;
	readonly mend: () => void;
	/** The media comes from another address at once, and nobody is told: a router that began anew. */
	readonly readdress: () => void;
	/** From now on requests to `path` are refused with `code` on the way, as a server might; until `mend`. */
	readonly refuse: (path: string, code: RefusalCode) => void;
	/** From now on what comes from the server comes no faster than this; until `mend`. */
	readonly narrow: (bytesPerSecond: number) => void;
	readonly close: () => void;
};

export async function openLine(serverPort: number): Promise<Line> {
	let cut: Cut | undefined;
	let refusing: { readonly path: string; readonly code: RefusalCode } | undefined;
	let msPerByte = 0;
	// One after the other over all connections: it is one line.
	let queue = Promise.resolve();
	const inTurn = (data: string | Buffer, write: () => void) => {
		const takesMs = data.length * msPerByte;
		queue = queue.then(() => new Promise<void>((resolve) => setTimeout(resolve, takesMs))).then(write);
	};
	const tcp = new Set<Socket>();
	const ways = new Map<number, Promise<MediaWay>>();
	const isCut = () => cut !== undefined;
	const readdress = () => {
		for (const way of ways.values()) void way.then(({ move }) => move());
	};

	const server = createServer((near) => {
		if (cut === "refused") return void near.destroy();
		const far = connect(serverPort, "127.0.0.1");
		const pair = [near, far];
		// A connection that was up when the line fell silent stays dead: its packets are lost, and nobody says so.
		const isLost = () => cut === "silent" || lost.has(near);
		for (const [from, to] of [
			[near, far],
			[far, near],
		] as const) {
			tcp.add(from);
			from.on("data", (data) => {
				if (isLost()) return;
				const isRefused = refusing !== undefined && data.toString("latin1", 0, 80).startsWith(`POST ${refusing.path} `);
				if (isRefused && refusing !== undefined) near.end(refusalOf(refusing.code), () => lost.add(near));
				else if (to === near && msPerByte > 0) inTurn(data, () => to.write(data));
				else to.write(data);
			});
			from.on("error", () => undefined);
			from.on("close", () => {
				tcp.delete(from);
				if (!isLost()) to.destroy();
			});
		}
		if (cut === "silent") for (const socket of pair) lost.add(socket);
	});
	const lost = new WeakSet<Socket>();
	const port = await listen(server);

	return {
		port,
		mediaPort: async (roomPort) => {
			if (!ways.has(roomPort)) ways.set(roomPort, openMediaWay(roomPort, isCut));
			return (await (ways.get(roomPort) as Promise<MediaWay>)).port;
		},
		cut(how) {
			cut = how;
			for (const socket of tcp) {
				if (how === "refused") socket.destroy();
				else lost.add(socket);
			}
		},
		mend() {
			const wasCut = isCut();
			cut = undefined;
			refusing = undefined;
			msPerByte = 0;
			if (wasCut) readdress();
		},
		readdress,
		refuse(path, code) {
			refusing = { path, code };
		},
		narrow(bytesPerSecond) {
			msPerByte = 1000 / bytesPerSecond;
		},
		close() {
			server.close();
			for (const socket of tcp) socket.destroy();
			for (const way of ways.values()) void way.then(({ close }) => close());
		},
	};
}

function refusalOf(code: RefusalCode): Buffer {
	const body = encodeRefusal({ code });
	const head = `HTTP/1.1 ${refusals[code].status} Refused\r\ncontent-type: application/cbor\r\nconnection: close\r\n`;
	return Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]);
}

function listen(server: Server): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			resolve(typeof address === "object" && address !== null ? address.port : 0);
		});
	});
}

type MediaWay = { readonly port: number; readonly move: () => void; readonly close: () => void };

/** A UDP forwarder to 127.0.0.1:`roomPort`, with one outer socket for each inner address, as a home router has. */
async function openMediaWay(roomPort: number, isCut: () => boolean): Promise<MediaWay> {
	const inner = createSocket("udp4");
	const outers = new Map<string, UdpSocket>();
	const outerOf = (address: string, port: number) => {
		const key = `${address} ${port}`;
		const known = outers.get(key);
		if (known !== undefined) return known;
		const outer = createSocket("udp4");
		outers.set(key, outer);
		outer.on("error", () => undefined);
		outer.on("message", (data) => {
			if (!isCut()) inner.send(data, port, address, () => undefined);
		});
		return outer;
	};
	inner.on("error", () => undefined);
	inner.on("message", (data, from) => {
		if (!isCut()) outerOf(from.address, from.port).send(data, roomPort, "127.0.0.1", () => undefined);
	});
	await new Promise<void>((resolve) => inner.bind(0, "0.0.0.0", resolve));
	const forget = () => {
		for (const outer of outers.values()) outer.close();
		outers.clear();
	};
	return {
		port: inner.address().port,
		move: forget,
		close: () => {
			forget();
			inner.close();
		},
	};
}
