import { type AttachEvent, attachRequestShape, maxAttachFrameBytes, type RefusalCode } from "@sotto/api";
import { type Bytes, encodeCbor, integerShape, parseCbor } from "@sotto/bytes";
import { hash } from "@sotto/crypto";
import { type Clock, TokenBucket } from "@sotto/door";
import { keyOf } from "./ring.ts";
import type { Line, LineEnd, Switchboard } from "./switchboard.ts";

/** The little that an attached connection needs of a WebSocket. */
export type AttachSocket = {
	readonly send: (frame: Bytes) => void;
	/** A WebSocket ping (RFC 6455 5.5.2); the pong brings its payload back. */
	readonly ping: (payload: Bytes) => void;
	readonly close: (code: number, reason: string) => void;
};

export type AttachConnection = {
	readonly frameArrived: (frame: Uint8Array) => void;
	readonly pongArrived: (payload: Uint8Array) => void;
	readonly closed: () => void;
	/** To be called every few seconds: ends a connection that never attached. */
	readonly tick: () => void;
};

/** How a connection ends from this side: docs/spec/rings.md. */
export const closeCodes = { refused: 4000, replaced: 4001, idle: 4002 } as const;

/** Whoever opens a connection attaches at once. */
export const attachWithinMs = 10_000;
/** A client says one word every 20 s; more than this is no client of ours. */
const frameLimit = { burst: 20, perSecond: 1 };
const ringsSentShape = integerShape(0, Number.MAX_SAFE_INTEGER);

type Phase =
	| { readonly name: "new"; readonly openedAt: number }
	| { readonly name: "attached"; readonly wakeId: string }
	| { readonly name: "over" };

/** The server's side of `/v1/attach`: attach, then pings and denials from the client, rings to it. docs/spec/rings.md. */
export function openAttach(socket: AttachSocket, switchboard: Switchboard, clock: Clock): AttachConnection {
	let phase: Phase = { name: "new", openedAt: clock.now() };
	const bucket = new TokenBucket(frameLimit, clock.now());
	const send = (event: AttachEvent) => socket.send(encodeCbor(event));
	const end = (reason: "refused" | LineEnd) => {
		const attached = phase;
		phase = { name: "over" };
		if (attached.name === "attached") switchboard.detach(attached.wakeId, line);
		if (attached.name !== "over") socket.close(closeCodes[reason], reason);
	};
	const line: Line = { send, probe: (ringsSent) => socket.ping(encodeCbor(ringsSent)), close: end };
	const refuse = (code: RefusalCode) => {
		send({ type: "refused", code });
		end("refused");
	};
	const attach = (wakeCap: Bytes, denied: readonly Bytes[]) => {
		// Only the device knows wakeCap; senders know no more than the sealed address (R1).
		const wakeId = keyOf(hash("sotto wake", wakeCap));
		phase = { name: "attached", wakeId };
		switchboard.attach(wakeId, line, denied.map(keyOf));
	};
	return {
		frameArrived(frame) {
			if (phase.name === "over") return;
			if (!bucket.take(clock.now())) return refuse("tooManyRequests");
			if (frame.length > maxAttachFrameBytes) return refuse("tooLarge");
			const request = parseCbor(attachRequestShape, frame);
			if (!request.ok) return refuse("malformed");
			if (request.value.type === "attach")
				return phase.name === "new" ? attach(request.value.wakeCap, request.value.denied) : refuse("malformed");
			if (phase.name !== "attached") return refuse("malformed");
			switchboard.heard(phase.wakeId, line);
			if (request.value.type === "ping") send({ type: "pong" });
			else switchboard.deny(phase.wakeId, line, request.value.denied.map(keyOf));
		},
		pongArrived(payload) {
			const ringsSent = parseCbor(ringsSentShape, payload);
			if (phase.name === "attached" && ringsSent.ok) switchboard.confirm(phase.wakeId, line, ringsSent.value);
		},
		closed() {
			if (phase.name === "attached") switchboard.detach(phase.wakeId, line);
			phase = { name: "over" };
		},
		tick() {
			if (phase.name === "new" && clock.now() - phase.openedAt > attachWithinMs) end("idle");
		},
	};
}
