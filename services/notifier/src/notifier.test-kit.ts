import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
	attachEventShape,
	attachPath,
	type AttachEvent,
	encodeRequest,
	ringFlags,
	ringRoute,
	type Urgency,
} from "@sotto/api";
import { type Bytes, type CborValue, encodeCbor, parseCbor } from "@sotto/bytes";
import { generateHpkeKeyPair, hash, randomBytes, sealRingAddress } from "@sotto/crypto";
import type { LogLine } from "@sotto/storage";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { testClock } from "../../door/src/clock.test-kit.ts";
import { createNotifier } from "./notifier.ts";

/** A notifier behind a real HTTP server, with a clock that the test moves. */
export async function openTestNotifier() {
	const [clock, keyPair, lines] = [testClock(), await generateHpkeKeyPair("X25519"), [] as LogLine[]];
	const notifier = createNotifier({ clock, keyPair, log: (line) => lines.push(line) });
	const server = createServer();
	server.on("upgrade", (request, socket, head) => {
		if (!notifier.handleUpgrade(request, socket, head)) socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		notifier.stop();
		server.close();
	});
	const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}${attachPath}`;
	const ring = async (address: Bytes, urgency: Urgency = "message", hint: Bytes = randomBytes(64)) => {
		const body = encodeRequest(ringRoute, { address, hint, urgency });
		const headers = { "content-type": "application/cbor" };
		const response = await notifier.app.request(ringRoute.path, { method: "POST", body, headers });
		return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
	};
	return { clock, keyPair, lines, notifier, url, ring };
}

export type TestNotifier = Awaited<ReturnType<typeof openTestNotifier>>;

/** What a device keeps to be woken: its capability, and how it makes addresses. */
export function newWaker(notifier: TestNotifier) {
	const wakeCap = randomBytes(32);
	return {
		wakeCap,
		async address(flags: number = ringFlags.none, tag: Bytes = randomBytes(16)): Promise<Bytes> {
			const wakeId = hash("sotto wake", wakeCap);
			const sealed = await sealRingAddress(notifier.keyPair.publicKey, { wakeId, tag, flags });
			if (!sealed.ok) throw new Error(sealed.error);
			return sealed.value;
		},
	};
}

/** A device's end of the attachment, over a real WebSocket; `next` waits for the next event. */
export async function connectDevice(url: string, options: { readonly autoPong?: boolean } = {}) {
	const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
	const events: AttachEvent[] = [];
	let wake = () => {};
	let endedBy: number | undefined;
	socket.on("message", (data) => {
		const event = parseCbor(attachEventShape, data as Buffer);
		if (!event.ok) throw new Error("an event must parse");
		events.push(event.value);
		wake();
	});
	socket.on("error", () => {});
	const closed = new Promise<number>((resolve) =>
		socket.on("close", (code) => {
			endedBy = code;
			resolve(code);
			wake();
		}),
	);
	await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
	onTestFinished(() => socket.terminate());
	return {
		socket,
		closed,
		send: (frame: CborValue) => socket.send(encodeCbor(frame)),
		async next(): Promise<AttachEvent> {
			while (events.length === 0) {
				if (endedBy !== undefined) throw new Error(`closed with ${endedBy}`);
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
			return events.shift() as AttachEvent;
		},
	};
}

/** Connects and attaches, and waits until that is confirmed. */
export async function attachDevice(
	notifier: TestNotifier,
	wakeCap: Bytes,
	denied: readonly Bytes[] = [],
	options: { readonly autoPong?: boolean } = {},
) {
	const device = await connectDevice(notifier.url, options);
	device.send({ type: "attach", wakeCap, denied });
	const first = await device.next();
	if (first.type !== "attached") throw new Error(first.type);
	return device;
}
