import { apiVersion, joinSignatureLabel, joinSignedMessage, type RoomEvent, roomEventShape } from "@sotto/api";
import { type Bytes, encodeCbor, parseCbor } from "@sotto/bytes";
import { newParticipantId, roomId, type SigningKey, sign } from "@sotto/crypto";
import type { Clock, Random, Socket, Transport } from "../ports.ts";

/** How long the room may take to say who is in it. */
const answerMs = 4_000;
/** How long after the offer seats may still be named. */
const seatsMs = 1_000;

export type ProbeResult = "somebody" | "nobody" | "unknown";

/**
 * Looks whether somebody is in a room (K1): joins as far as the offer, without media, and leaves. A room that does not exist
 * has nobody in it; a server that does not answer says nothing.
 */
export function probeRoom(
	ports: { readonly transport: Transport; readonly clock: Clock; readonly random: Random },
	joinUrl: string,
	key: SigningKey,
): Promise<ProbeResult> {
	return new Promise((resolve) => {
		let isDone = false;
		let cancel: () => void = () => undefined;
		let socket: Socket | undefined;
		function finish(result: ProbeResult): void {
			if (isDone) return;
			isDone = true;
			cancel();
			socket?.close();
			resolve(result);
		}
		const answer = (event: RoomEvent): void => {
			if (event.type === "nonce" && socket !== undefined) void join(socket, key, event.nonce, ports.random);
			if (event.type === "refused") finish(event.code === "notFound" ? "nobody" : "unknown");
			if (event.type === "gone") finish("unknown");
			if (event.type === "seat" && event.participantId !== undefined) finish("somebody");
			if (event.type !== "offer") return;
			cancel();
			cancel = ports.clock.wakeAt(ports.clock.now() + seatsMs, () => finish("nobody"));
		};
		socket = ports.transport.connect(joinUrl, {
			opened: () => undefined,
			received: (frame) => {
				const event = parseCbor(roomEventShape, frame);
				if (event.ok) answer(event.value);
			},
			closed: () => finish("unknown"),
		});
		if (!isDone) cancel = ports.clock.wakeAt(ports.clock.now() + answerMs, () => finish("unknown"));
	});
}

async function join(socket: Socket, key: SigningKey, nonce: Bytes, random: Random): Promise<void> {
	const participantId = newParticipantId();
	// No connection follows, so there is no certificate: any fingerprint will do.
	const fingerprint = random(32);
	const signature = await sign(joinSignatureLabel, key, joinSignedMessage(nonce, participantId, fingerprint));
	const room = roomId(key.publicKey);
	socket.send(encodeCbor({ type: "join", v: apiVersion, roomId: room, participantId, fingerprint, signature }));
}
