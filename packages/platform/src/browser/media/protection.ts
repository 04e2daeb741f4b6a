import type { Bytes } from "@sotto/bytes";
import type { Place, StreamIndex } from "../../media/streams.ts";
import type { Announcement, FrameCounts } from "./worker-messages.ts";

/**
 * What stands between the encoder and the network. The product has one, the SFrame worker; the lab's control, which shows that
 * its measure can fail, brings another that does nothing.
 */
export type FrameProtection = {
	/** Flags for the PeerConnection: with `encodedInsertableStreams` Chromium sends nothing before a transform is there. */
	readonly connectionFlags: object;
	/** Begins a PeerConnection: a fresh participant id and counters from 0 (K3). */
	readonly begin: () => Promise<{ readonly session: number; readonly participantId: Bytes }>;
	/** To be called before the local description is set; the transform stays for the sender's life. */
	readonly protectSender: (sender: RTCRtpSender, session: number, stream: StreamIndex) => void;
	readonly protectReceiver: (receiver: RTCRtpReceiver, session: number, place: Place, stream: StreamIndex) => void;
	/** Who is where: the keys that a place's frames are tried with. */
	readonly seat: (session: number, place: Place, participantId: Bytes | undefined) => void;
	/** Resolves once the worker has a key for sending in this session; only then may tracks be enabled. */
	readonly ready: (session: number) => Promise<void>;
	/** What went through so far in this session: the proof that frames are sealed, and what was heard. */
	readonly counts: (session: number) => Promise<FrameCounts>;
	/** The session's PeerConnection is closed. Two sessions run side by side only while one hands over to the next (K5). */
	readonly endSession: (session: number) => void;

	/** `callBase(m)`: opens what is sealed under it; with `send`, seals under it from now on (K2). */
	readonly addBase: (m: number, callBase: CryptoKey, send: boolean) => void;
	readonly forgetBase: (m: number) => void;
	/** A roster entry vouches for this participant from these counters on (K4). */
	readonly authorize: (participantId: Bytes, m: number, counters: readonly number[]) => void;
	readonly revoke: (participantId: Bytes) => void;
	/** What our own entry is to say; undefined while nothing can be sealed. */
	readonly announcement: (session: number) => Promise<Announcement | undefined>;
	/** Seals nothing while held: the others are at keys that this device cannot get (K5). */
	readonly hold: (isHeld: boolean) => void;
	/** Calls `listener` when frames come under a `callBase(m)` that is not here. */
	readonly onAhead: (listener: (m: number) => void) => void;
	readonly end: () => void;
};
