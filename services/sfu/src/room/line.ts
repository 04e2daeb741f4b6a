import type { Track } from "node-datachannel";

/**
 * One m-line of a connection. Whoever listens to a native track holds a handle that the event loop visits at each of its
 * wake-ups, and a full room has two thousand tracks: so an uplink is listened to at once, a picture's downlink from the first
 * packet on, and the downlink of sound never, since nothing that is said about it matters to us. The transport discards what
 * comes on a downlink that nobody listens to.
 */
export class Line {
	readonly #track: Track;
	readonly #arrived: (packet: Buffer) => void;
	#toBeHeard: boolean;
	#isOpen = false;
	#isClosed = false;

	constructor(track: Track, hearing: "atOnce" | "onceSent" | "never", arrived: (packet: Buffer) => void) {
		this.#track = track;
		this.#arrived = arrived;
		this.#toBeHeard = hearing === "onceSent";
		if (hearing === "atOnce") track.onMessage(arrived);
	}

	/** Copies `packet` before it returns. Dropped while the line is not open. */
	readonly send = (packet: Buffer): void => {
		if (this.#isClosed || !(this.#isOpen ||= this.#track.isOpen())) return;
		if (this.#toBeHeard) {
			this.#toBeHeard = false;
			this.#track.onMessage(this.#arrived);
		}
		try {
			this.#track.sendMessageBinary(packet);
		} catch {
			// It closed meanwhile, or SRTP refuses the number. Thrown on into the native caller it would abort the process.
			this.#isOpen = false;
		}
	};

	close(): void {
		this.#isClosed = true;
	}
}
