import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
	apiVersion,
	createRoomRoute,
	encodeRequest,
	joinRoomPath,
	joinSignatureLabel,
	joinSignedMessage,
	parseRefusal,
	parseResponse,
	type RoomEvent,
	roomEventShape,
	type RoomRequest,
	type WireParticipantId,
	type WireRoomId,
} from "@sotto/api";
import { type Bytes, bytesToHex, encodeCbor, parseCbor } from "@sotto/bytes";
import { generateSigningKey, type SigningKey, sign } from "@sotto/crypto";
import { WebSocket } from "ws";
import { createSfu, type Sfu, type SfuOptions } from "./sfu.ts";

export const randomOctets = (length: number): Bytes => new Uint8Array(randomBytes(length));

export type RunningSfu = {
	readonly sfu: Sfu;
	readonly port: number;
	/** What it logged. */
	readonly lines: readonly string[];
	readonly stop: () => Promise<void>;
};

/** An sfu behind a real HTTP server on a port of the system's choice. */
export async function runSfu(options: Partial<SfuOptions> = {}): Promise<RunningSfu> {
	const lines: string[] = [];
	const sfu = createSfu({
		mediaAddress: "127.0.0.1",
		now: () => performance.now(),
		random: randomOctets,
		log: (line) => void lines.push(line),
		...options,
	});
	const server = createServer();
	server.on("upgrade", (request, socket, head) => {
		if (!sfu.handleUpgrade(request, socket, head)) socket.destroy();
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		sfu,
		port: (server.address() as AddressInfo).port,
		lines,
		async stop() {
			sfu.stop();
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** POSTs a body to the room route, as any stranger may. Gives the code of a refusal, or the room id. */
export async function postRoom(
	sfu: Sfu,
	body: Uint8Array,
): Promise<{ readonly status: number; readonly code?: string; readonly roomId?: WireRoomId }> {
	const answer = await sfu.app.request(createRoomRoute.path, {
		method: "POST",
		headers: { "content-type": "application/cbor" },
		body: new Uint8Array(body),
	});
	const bytes = new Uint8Array(await answer.arrayBuffer());
	if (answer.status !== 200) {
		const refusal = parseRefusal(bytes);
		return { status: answer.status, ...(refusal.ok ? { code: refusal.value.code } : {}) };
	}
	const created = parseResponse(createRoomRoute, bytes);
	return { status: answer.status, ...(created.ok ? { roomId: created.value.roomId } : {}) };
}

export const roomBody = (joinPublicKey: Bytes): Bytes => encodeRequest(createRoomRoute, { joinPublicKey });

/** A new room and its key. */
export async function makeRoom(sfu: Sfu): Promise<{ readonly key: SigningKey; readonly roomId: WireRoomId }> {
	const key = await generateSigningKey();
	const { roomId } = await postRoom(sfu, roomBody(key.publicKey));
	if (roomId === undefined) throw new Error("no room");
	return { key, roomId };
}

/** A WebSocket to the join door whose events can be awaited one by one. */
export class JoiningClient {
	readonly #socket: WebSocket;
	readonly #events: RoomEvent[] = [];
	readonly #waiting: (() => void)[] = [];
	isClosed = false;

	constructor(port: number) {
		this.#socket = new WebSocket(`ws://127.0.0.1:${port}${joinRoomPath}`);
		this.#socket.on("message", (data: Buffer) => {
			const event = parseCbor(roomEventShape, new Uint8Array(data));
			if (!event.ok) throw new Error("an event that the contract does not know");
			this.#events.push(event.value);
			this.#wake();
		});
		this.#socket.on("close", () => {
			this.isClosed = true;
			this.#wake();
		});
		this.#socket.on("error", () => undefined);
	}

	#wake(): void {
		for (const resolve of this.#waiting.splice(0)) resolve();
	}

	/** The next event of this type, others skipped; "closed" when there is none any more. */
	async next<Type extends RoomEvent["type"]>(type: Type): Promise<Extract<RoomEvent, { type: Type }> | "closed"> {
		for (;;) {
			const index = this.#events.findIndex((event) => event.type === type);
			if (index >= 0) return this.#events.splice(index, 1)[0] as Extract<RoomEvent, { type: Type }>;
			if (this.isClosed) return "closed";
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	async closed(): Promise<void> {
		while (!this.isClosed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	send(frame: Uint8Array | string): void {
		if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
	}

	say(request: RoomRequest): void {
		this.send(encodeCbor(request));
	}

	close(): void {
		this.#socket.close();
	}

	async nonce(): Promise<Bytes> {
		const event = await this.next("nonce");
		if (event === "closed") throw new Error("closed before the nonce");
		return event.nonce;
	}
}

export type Joining = {
	readonly participantId: WireParticipantId;
	readonly fingerprint: Bytes;
	readonly request: Extract<RoomRequest, { type: "join" }>;
};

/** A well-made join for this nonce. */
export async function makeJoin(nonce: Bytes, key: SigningKey, roomId: WireRoomId): Promise<Joining> {
	const participantId = randomOctets(16) as WireParticipantId;
	const fingerprint = randomOctets(32);
	const signature = await sign(joinSignatureLabel, key, joinSignedMessage(nonce, participantId, fingerprint));
	const request = { type: "join", v: apiVersion, roomId, participantId, fingerprint, signature } as const;
	return { participantId, fingerprint, request };
}

/** Joins up to the offer. */
export async function joinUpToOffer(port: number, key: SigningKey, roomId: WireRoomId) {
	const client = new JoiningClient(port);
	const joining = await makeJoin(await client.nonce(), key, roomId);
	client.say(joining.request);
	const offer = await client.next("offer");
	if (offer === "closed") throw new Error("closed before the offer");
	return { client, joining, offer };
}

/** An answer as a browser would give it, with this certificate. */
export function answerTo(offer: string, fingerprint: Uint8Array): string {
	const print = (bytesToHex(fingerprint).toUpperCase().match(/../g) ?? []).join(":");
	return offer
		.split("\r\n")
		.filter((line) => !/^a=(candidate|end-of-candidates|ssrc|msid|ssrc-group)/.test(line))
		.map((line) => {
			if (line.startsWith("a=fingerprint:")) return `a=fingerprint:sha-256 ${print}`;
			if (line === "a=setup:actpass") return "a=setup:active";
			if (line === "a=sendonly") return "a=recvonly";
			return line === "a=recvonly" ? "a=sendonly" : line;
		})
		.join("\r\n");
}
