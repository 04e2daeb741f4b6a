import { bytesToHex, err, type Result } from "@sotto/bytes";
import type { RoomAddresses } from "./addresses.ts";
import { type Answer, type AnswerError, parseAnswer } from "./answer.ts";
import { type NativeEvents, openNativeTransport } from "./native-transport.ts";
import { firstLines, type OfferedLine, type OfferedTransport, seatLines, writeOffer } from "./offer.ts";
import type { SeatSsrcs, VideoSsrcs } from "./participant.ts";

export type PeerEvents = Omit<NativeEvents, "ready"> & { readonly offer: (sdp: string) => void };

export type Peer = {
	/** Takes the answer to the offer that is out; gives what it says of its media. */
	readonly answer: (
		sdp: string,
		fingerprint: Uint8Array,
	) => Result<Pick<Answer, "streams" | "layers">, AnswerError | { readonly kind: "wrongState" }>;
	/** Offers these seats too, the first of them having this index. False, and nothing done, while an offer is unanswered. */
	readonly addSeats: (from: number, seats: readonly SeatSsrcs[]) => boolean;
	/** Sends an RTP or RTCP packet, copying it before it returns. */
	readonly send: (packet: Buffer) => void;
	readonly sendRoster: (frame: Uint8Array) => void;
	readonly close: () => void;
};

/** One participant's connection: the sfu offers, with a fresh certificate, and again whenever there are to be more seats. */
export function openPeer(
	settings: RoomAddresses,
	seats: readonly SeatSsrcs[],
	screens: readonly VideoSsrcs[],
	events: PeerEvents,
): Peer {
	let lines: readonly OfferedLine[] = firstLines(seats, screens);
	let own: OfferedTransport | undefined;
	let offers = 0;
	let isAnswered = false;

	const offer = (transport: OfferedTransport) => {
		isAnswered = false;
		events.offer(writeOffer(transport, lines, ++offers));
	};
	const native = openNativeTransport(settings, {
		...events,
		ready(description) {
			own = { ...description, addresses: settings.addresses, port: settings.port };
			offer(own);
		},
	});
	// Later offers are about m-lines alone: the transport stays.
	const isTaken = (answer: Answer, fingerprint: Uint8Array) =>
		offers > 1 || native.connect(answer, fingerprintText(fingerprint));

	return {
		answer(sdp, fingerprint) {
			if (offers === 0 || isAnswered) return err({ kind: "wrongState" });
			const answer = parseAnswer(sdp, lines, fingerprint);
			if (!answer.ok) return answer;
			if (!isTaken(answer.value, fingerprint)) return err({ kind: "wrongState" });
			isAnswered = true;
			return answer;
		},
		addSeats(from, more) {
			if (own === undefined || !isAnswered) return false;
			lines = [...lines, ...seatLines(from, more)];
			offer(own);
			return true;
		},
		send: native.send,
		sendRoster: native.sendRoster,
		close: native.close,
	};
}

function fingerprintText(fingerprint: Uint8Array): string {
	return (bytesToHex(fingerprint).toUpperCase().match(/../g) ?? []).join(":");
}
