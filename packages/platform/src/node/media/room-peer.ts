import { joinSignatureLabel, joinSignedMessage, type RoomEvent, type WireParticipantId } from "@sotto/api";
import type { Bytes } from "@sotto/bytes";
import type { CallMedia } from "@sotto/client";
import { signWith } from "@sotto/crypto";
import type { PeerLoss } from "../../media/rejoin.ts";
import { createRoom, openSignal, type Signal } from "../../media/signal.ts";
import type { Line, LineSums } from "./line.ts";
import type { FromLine, HeardFrame, ToLine } from "./line-messages.ts";

/** What is needed to join a room, again and again. */
export type RoomAccess = {
	readonly createUrl: string;
	readonly joinUrl: string;
	readonly joinPublicKey: Bytes;
	/** Signs `joinSignedMessage` with the room's private key, under `joinSignatureLabel` (K6). */
	readonly signJoin: (nonce: Bytes, participantId: Bytes, fingerprint: Bytes) => Promise<Bytes>;
};

export type PeerEvents = {
	/** Media and roster channel are up. */
	readonly onConnected: () => void;
	readonly onSeat: (seat: number, participantId: Bytes | undefined) => void;
	readonly onRoster: (frame: Bytes) => void;
	/** So many of our frames of sound have left. */
	readonly onSent: (frames: number) => void;
	/** So many of them will not, as was asked. */
	readonly onDropped: (frames: number) => void;
	/** Sealed frames of sound, in the order they came. */
	readonly onHeard: (frames: readonly HeardFrame[]) => void;
	/** Once; the peer is closed then. */
	readonly onLost: (loss: PeerLoss) => void;
};

export type Peer = {
	readonly say: (message: Extract<ToLine, { type: "sound" | "picture" | "drop" }>) => void;
	readonly sendRoster: (frame: Bytes) => void;
	readonly sums: () => LineSums;
	/** Whether its line was never given an offer: the next joining of the same room may have it. */
	readonly isUnused: () => boolean;
	/** Gives up before there was an offer; the line goes on. */
	readonly giveUp: () => void;
	/** Leaves the room; what had been heard by now still comes, before this resolves. */
	readonly close: () => Promise<void>;
};

/** Joins a room once, over a line of its own. Whatever goes wrong ends in one `onLost`. */
export function openPeer(line: Line, access: RoomAccess, participantId: Bytes, events: PeerEvents): Peer {
	const aborted = new AbortController();
	let signal: Signal | undefined;
	let isOver = false;
	let isUnused = true;

	const giveUp = () => {
		isOver = true;
		aborted.abort();
		signal?.close();
	};
	const close = () => {
		giveUp();
		return line.close();
	};
	const lose = (loss: PeerLoss) => {
		if (isOver) return;
		void close();
		events.onLost(loss);
	};
	const transportLost = () => lose({ kind: "transport" });
	function lineSaid(message: FromLine): void {
		if (isOver && message.type !== "heard") return;
		switch (message.type) {
			case "answer":
				return signal?.answer(message.sdp);
			case "connected":
				// Nothing is shown here, so no pictures need come.
				signal?.watch({ seats: [], screens: [] });
				return events.onConnected();
			case "sent":
				return events.onSent(message.frames);
			case "dropped":
				return events.onDropped(message.frames);
			case "heard":
				return events.onHeard(message.frames);
			case "roster":
				return events.onRoster(message.frame);
			case "lost":
				return transportLost();
			case "ready":
			case "beat":
				return;
		}
	}
	function heard(event: RoomEvent, join: (nonce: Bytes) => Promise<void>): void {
		switch (event.type) {
			case "nonce":
				return void join(event.nonce).catch(transportLost);
			case "offer":
				isUnused = false;
				return line.say({ type: "offer", sdp: event.sdp });
			case "seat":
				return events.onSeat(event.seat, event.participantId);
			case "refused":
				return lose({ kind: "refused", code: event.code });
			case "gone":
				return lose({ kind: "gone", reason: event.reason });
			// One layer is all there is, and nothing here is encoded anew.
			case "wanted":
			case "screen":
			case "pong":
				return;
		}
	}
	async function start(): Promise<void> {
		const [fingerprint, room] = await Promise.all([
			line.ready,
			createRoom(access.createUrl, access.joinPublicKey, aborted.signal),
		]);
		if (isOver) return;
		if (!room.ok) return lose(room.error);
		const join = async (nonce: Bytes) => {
			const signature = await access.signJoin(nonce, participantId, fingerprint);
			const id = participantId as WireParticipantId;
			signal?.join({ roomId: room.value, participantId: id, fingerprint, signature });
		};
		signal = openSignal(
			access.joinUrl,
			(event) => heard(event, join),
			() => lose({ kind: "unreachable" }),
		);
	}
	line.listen(lineSaid, transportLost);
	if (!isOver) start().catch(transportLost);
	return {
		say: line.say,
		sendRoster: (frame) => line.say({ type: "roster", frame }),
		sums: line.sums,
		isUnused: () => isUnused && !line.isLost(),
		giveUp,
		close,
	};
}

export function accessOf(media: CallMedia): RoomAccess {
	return {
		createUrl: media.createUrl,
		joinUrl: media.joinUrl,
		joinPublicKey: media.joinPublicKey,
		signJoin: (nonce, participantId, fingerprint) =>
			signWith(joinSignatureLabel, media.joinKey, joinSignedMessage(nonce, participantId, fingerprint)),
	};
}
