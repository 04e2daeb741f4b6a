import { createRtpView, isRtcp, readRtp, rtpHeaderBytes, type RtpView, writeRtpHeader } from "../rtp/packet.ts";
import { buildSenderReport, readRtcp } from "../rtp/rtcp.ts";
import { admitToSeat, seatSequence, seatTimestamp } from "../rtp/seat-stream.ts";
import { uplinkLimit } from "./bandwidth.ts";
import { seatMids } from "./media-plan.ts";
import type { Participant, Seat } from "./participant.ts";
import type { Subscriber, Uplink } from "./uplink.ts";

/** What the lab's harness is shown of each media packet as the room received it; the product passes no observer. */
export type ObservePacket = (
	participant: string,
	kind: "audio" | "video",
	packet: Uint8Array,
	view: Readonly<RtpView>,
	now: number,
) => void;

export type SeatEvent = { readonly viewer: Participant; readonly seat: Seat };

/** A participant's roster frames: a burst for newcomers, then the pace of K4 with room to spare. */
const rosterBurst = 32;
const rosterPerSecond = 8;
export const maxRosterFrameBytes = 4096;

type Roster = { allowance: number; refilledAt: number; readonly send: (frame: Uint8Array) => void };

/**
 * Who is in the room and which packet goes where. Mutable and without I/O or clock: packets and times come in, packets go out
 * through the participants' `send`. Nothing is kept of what was said: no history for late joiners (K4).
 */
export class Room {
	readonly #participants = new Map<string, Participant>();
	readonly #rosters = new Map<string, Roster>();
	readonly #view = createRtpView();
	readonly #onSeat: (event: SeatEvent) => void;
	readonly #observe: ObservePacket | undefined;
	#feedbackAt = 0;
	#reportAt = 0;
	/** Packets forwarded since the start: a sum, for the watch over the process. */
	forwarded = 0;

	constructor(onSeat: (event: SeatEvent) => void, observe?: ObservePacket) {
		this.#onSeat = onSeat;
		this.#observe = observe;
	}

	/** Brings a connected participant in: it gets a seat with everybody and everybody gets one with it. */
	enter(participant: Participant, sendRoster: (frame: Uint8Array) => void, now: number): void {
		for (const other of this.#participants.values()) {
			for (const [viewer, occupant] of [
				[participant, other],
				[other, participant],
			] as const) {
				const seat = viewer.seatFor(occupant);
				if (seat !== undefined) this.#onSeat({ viewer, seat });
			}
		}
		this.#participants.set(participant.key, participant);
		this.#rosters.set(participant.key, { allowance: rosterBurst, refilledAt: now, send: sendRoster });
		this.#subscribe();
		for (const other of this.#participants.values()) other.camera.wantKeyFrame();
		// Whoever was alone was told to send little: tell it otherwise at the next tick.
		this.#reportAt = 0;
	}

	leave(key: string): void {
		const participant = this.#participants.get(key);
		if (participant === undefined) return;
		this.#participants.delete(key);
		this.#rosters.delete(key);
		for (const viewer of this.#participants.values()) {
			const seat = viewer.unseat(participant);
			if (seat !== undefined) this.#onSeat({ viewer, seat });
		}
		this.#subscribe();
	}

	has(key: string): boolean {
		return this.#participants.has(key);
	}

	/** Works out anew who gets which uplink, so that forwarding a packet looks nothing up. */
	#subscribe(): void {
		for (const sender of this.#participants.values()) {
			const audio: Subscriber[] = [];
			const video: Subscriber[] = [];
			for (const viewer of this.#participants.values())
				for (const seat of viewer.seats) {
					if (seat.occupant !== sender) continue;
					const mids = seatMids(seat.index);
					audio.push({ stream: seat.audio, mid: mids.audio, send: viewer.send });
					video.push({ stream: seat.video, mid: mids.video, send: viewer.send });
				}
			sender.audio.subscribers = audio;
			sender.camera.subscribers = video;
		}
	}

	/** A packet, RTP or RTCP, that arrived on a participant's m-line. The room may overwrite its header. `now` in ms. */
	packetArrived(key: string, mid: string, packet: Buffer, now: number): void {
		const participant = this.#participants.get(key);
		if (participant === undefined) return;
		if (isRtcp(packet)) return this.#rtcpArrived(participant, mid, packet, now);
		const uplink = participant.uplinkByMid(mid);
		const view = this.#view;
		if (uplink === undefined || !readRtp(packet, view)) return;
		participant.transportSequenceArrived(view.transportSequence, now);
		if (!uplink.accept(packet, view, now)) return;
		this.#observe?.(key, uplink.kind, packet, view, now);
		this.#forward(uplink, packet, view, now);
	}

	/**
	 * The new header is written over the end of the old one, right before the payload: nothing of the sender's header
	 * extensions, sources or SSRC goes on, and nothing is copied.
	 */
	#forward(uplink: Uplink, packet: Buffer, view: RtpView, now: number): void {
		const at = view.payloadOffset - rtpHeaderBytes;
		const outgoing = packet.subarray(at, view.payloadEnd);
		for (const { stream, mid, send } of uplink.subscribers) {
			if (!admitToSeat(stream, view, now)) continue;
			const sequence = seatSequence(stream, view.sequence);
			const timestamp = seatTimestamp(stream, view.timestamp);
			writeRtpHeader(packet, at, view.marker, view.payloadType, sequence, timestamp, stream.ssrc);
			send(mid, outgoing);
			this.forwarded++;
		}
	}

	/**
	 * The transport delivers one compound packet on every m-line that any part of it names, so a part counts only where it
	 * belongs: on the m-line of the SSRC that it is about.
	 */
	#rtcpArrived(participant: Participant, mid: string, packet: Buffer, now: number): void {
		const uplink = participant.uplinkByMid(mid);
		const place = participant.seatByMid.get(mid);
		for (const item of readRtcp(packet)) {
			switch (item.kind) {
				case "senderReport":
					if (uplink === undefined || item.ssrc !== uplink.ssrc) break;
					uplink.reception?.senderReportArrived(item.ntpHigh, item.ntpLow, now);
					forwardSenderReport(uplink, item);
					break;
				case "nack":
					if (item.ssrc === place?.stream.ssrc) participant.retransmit(mid, item.sequences);
					break;
				case "keyFrameRequest":
					if (item.ssrc === place?.stream.ssrc) place.seat.occupant?.camera.wantKeyFrame();
					break;
				case "bandwidth":
					participant.estimate = item.bitsPerSecond;
					break;
			}
		}
	}

	/** A sealed roster frame (K4), fanned out to everybody else. False when it is too large or too many came. `now` in ms. */
	rosterArrived(key: string, frame: Uint8Array, now: number): boolean {
		const from = this.#rosters.get(key);
		if (from === undefined || frame.length === 0 || frame.length > maxRosterFrameBytes) return false;
		from.allowance = Math.min(rosterBurst, from.allowance + ((now - from.refilledAt) * rosterPerSecond) / 1000);
		from.refilledAt = now;
		if (from.allowance < 1) return false;
		from.allowance--;
		for (const [other, roster] of this.#rosters) if (other !== key) roster.send(frame);
		return true;
	}

	/** To be called about every 20 ms; `now` in ms. */
	tick(now: number): void {
		const participants = [...this.#participants.values()];
		for (const participant of participants) participant.sendRequests(now);
		if (now - this.#feedbackAt >= 60) {
			this.#feedbackAt = now;
			for (const participant of participants) participant.sendTransportFeedback();
		}
		if (now - this.#reportAt < 1000) return;
		for (const participant of participants) participant.measure(now - this.#reportAt);
		this.#reportAt = now;
		for (const participant of participants) participant.sendReports(now, this.#limitFor(participant));
	}

	#limitFor(sender: Participant): number {
		const viewers = [...this.#participants.values()].filter((viewer) =>
			viewer.seats.some((seat) => seat.occupant === sender),
		);
		return uplinkLimit(
			viewers.map((viewer) => ({
				limit: viewer.downlinkLimit,
				videoStreams: viewer.seats.filter((seat) => (seat.occupant?.camera.ssrc ?? -1) >= 0).length,
			})),
		);
	}
}

/** The sender's clock goes on, so that sound and picture stay together; its SSRC and its counts do not. */
function forwardSenderReport(
	uplink: Uplink,
	report: { readonly ntpHigh: number; readonly ntpLow: number; readonly timestamp: number },
): void {
	for (const { stream, mid, send } of uplink.subscribers) {
		if (stream.source !== uplink.ssrc) continue;
		const timestamp = seatTimestamp(stream, report.timestamp);
		const { ntpHigh, ntpLow } = report;
		send(mid, buildSenderReport(stream.ssrc, ntpHigh, ntpLow, timestamp, stream.packets, stream.octets));
	}
}
