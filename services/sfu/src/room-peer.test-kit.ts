import {
	apiVersion,
	joinRoomPath,
	joinSignatureLabel,
	joinSignedMessage,
	roomEventShape,
	type RoomEvent,
	roomPingMs,
	type RoomRequest,
	simulcastRids,
	type WireParticipantId,
	type WireRoomId,
} from "@sotto/api";
import { type Bytes, bytesToHex, encodeCbor, parseCbor } from "@sotto/bytes";
import { type SigningKey, sign } from "@sotto/crypto";
import { WebSocket } from "ws";
import { RealPeer, type Received, type Sends } from "./real-peer.test-kit.ts";
import { randomOctets } from "./sfu.test-kit.ts";

export type RoomPeerOptions = {
	readonly port: number;
	readonly key: SigningKey;
	readonly roomId: WireRoomId;
	/** An address of this machine for its end of the transport. */
	readonly bindAddress: string;
	readonly sends: Sends;
	/** Its camera comes in layers, as its packets name them. */
	readonly hasLayers?: boolean;
	readonly received: Received;
};

/** By then the room has taken an answer; it does not say so. */
const answerTakenMs = 300;

/** Joins as clients do: with a new peer as often as it takes. */
export async function joinRoom(options: RoomPeerOptions): Promise<RoomPeer> {
	for (;;) {
		const peer = new RoomPeer(options);
		if (await peer.connected()) return peer;
		peer.close();
	}
}

/** A participant that goes all the way a client goes: join door, signature, offers and answers, seats, and media through real WebRTC. */
export class RoomPeer {
	readonly participantId = randomOctets(16) as WireParticipantId;
	/** Who sits in which seat, in hex. */
	readonly seats = new Map<number, string>();
	/** What the room told, in order. */
	readonly events: RoomEvent[] = [];
	readonly #options: RoomPeerOptions;
	readonly #peer: RealPeer;
	readonly #socket: WebSocket;
	readonly #ping: ReturnType<typeof setInterval>;
	readonly #gone = Promise.withResolvers<false>();
	#isConnected = false;

	constructor(options: RoomPeerOptions) {
		this.#options = options;
		this.#peer = new RealPeer(options.bindAddress, options.sends, options.received);
		this.#socket = new WebSocket(`ws://127.0.0.1:${options.port}${joinRoomPath}`);
		this.#socket.on("message", (data: Buffer) => {
			const event = parseCbor(roomEventShape, new Uint8Array(data));
			if (!event.ok) throw new Error("an event that the contract does not know");
			this.events.push(event.value);
			void this.#heard(event.value);
		});
		this.#socket.on("error", () => {});
		this.#ping = setInterval(() => this.say({ type: "ping" }), roomPingMs);
	}

	/** What others see it as. */
	get name(): string {
		return bytesToHex(this.participantId);
	}

	async #heard(event: RoomEvent): Promise<void> {
		switch (event.type) {
			case "nonce":
				return await this.#join(event.nonce);
			case "offer": {
				const sdp = await this.#peer.answer(event.sdp);
				this.say({ type: "answer", sdp: this.#options.hasLayers === true ? withLayers(sdp) : sdp });
				return void setTimeout(() => this.#peer.begin("ua"), answerTakenMs);
			}
			case "seat":
				if (event.participantId === undefined) this.seats.delete(event.seat);
				else this.seats.set(event.seat, bytesToHex(event.participantId));
				return;
			case "screen":
			case "wanted":
			case "pong":
				return;
			case "refused":
				throw new Error(`refused: ${event.code}`);
			case "gone":
				if (this.#isConnected) throw new Error(`gone: ${event.reason}`);
				return this.#gone.resolve(false);
		}
	}

	async #join(nonce: Bytes): Promise<void> {
		const { roomId, key } = this.#options;
		const { participantId } = this;
		const { fingerprint } = this.#peer;
		const signature = await sign(joinSignatureLabel, key, joinSignedMessage(nonce, participantId, fingerprint));
		this.say({ type: "join", v: apiVersion, roomId, participantId, fingerprint, signature });
	}

	say(request: RoomRequest): void {
		if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(encodeCbor(request));
	}

	send(mid: string, packet: Buffer): void {
		this.#peer.send(mid, packet);
	}

	/** True once it is connected; false if it did not come to that, which a busy machine does to one in a hundred: join anew. */
	async connected(): Promise<boolean> {
		const isConnected = this.#peer.connected().then(() => true);
		this.#isConnected = await Promise.race([isConnected, this.#gone.promise]);
		return this.#isConnected;
	}

	close(): void {
		clearInterval(this.#ping);
		this.#socket.removeAllListeners("message");
		this.#socket.close();
		this.#peer.close();
	}
}

/** The answer of a client that takes up the offer of layers (RFC 8853). */
function withLayers(sdp: string): string {
	const lines = [...simulcastRids.map((rid) => `a=rid:${rid} send`), `a=simulcast:send ${simulcastRids.join(";")}`];
	return sdp.replace(/^a=mid:uv\r?$/m, ["a=mid:uv", ...lines].join("\r\n"));
}
