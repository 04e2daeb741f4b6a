import { createRtpView, isRtcp, readRtp, rtpHeaderBytes, type RtpView } from "../rtp/packet.ts";
import { createPictureView, type PictureView, readPicture } from "../rtp/picture.ts";
import { readRtcp, type RtcpItem } from "../rtp/rtcp.ts";
import { unlimitedBitsPerSecond, uplinkLimit } from "./bandwidth.ts";
import { payloadTypes } from "./media-plan.ts";
import type { Participant, ScreenPlace, Seat } from "./participant.ts";
import { RosterChannel } from "./roster-channel.ts";
import { seatsAhead } from "./seating.ts";
import type { Uplink, UplinkKind } from "./uplink.ts";
import { choosePictures, shows, type Wanted, type Watching, wantedPictures } from "./watching.ts";

/** What the lab's harness is shown of each media packet as the room received it; the product passes no observer. */
export type ObservePacket = (
	participant: string,
	kind: UplinkKind,
	packet: Uint8Array,
	view: Readonly<RtpView>,
	now: number,
) => void;

/** What a room tells its participants, each about its own places. */
export type RoomEvents = {
	readonly seat: (viewer: Participant, seat: Seat) => void;
	readonly screen: (viewer: Participant, screen: ScreenPlace) => void;
	/** What is to be sent of a participant from now on at most. */
	readonly wanted: (participant: Participant, wanted: Wanted) => void;
	/** A participant is to be offered this many seats; {@link Room.seatsAdded} follows once it has them. */
	readonly seatsWanted: (participant: Participant, seats: number) => void;
};

/**
 * Who is in the room and which packet goes where. Mutable and without I/O or clock: packets and times come in, packets go out
 * through the participants' `send`. Nothing is kept of what was said: no history for late joiners (K4).
 */
export class Room {
	readonly #participants = new Map<string, Participant>();
	readonly #roster = new RosterChannel();
	/** Who shares a screen, the earliest first. */
	#sharers: readonly Participant[] = [];
	readonly #view = createRtpView();
	readonly #picture = createPictureView();
	readonly #mostSeats: number;
	readonly #events: RoomEvents;
	readonly #observe: ObservePacket | undefined;
	/** The time of the last packet or tick, ms. */
	#now = 0;
	#isWantedStale = false;
	#feedbackAt = 0;
	#measuredAt = 0;
	#chosenAt = 0;
	#areReportsDue = false;
	/** Packets forwarded since the start: a sum, for the watch over the process. */
	forwarded = 0;

	constructor(mostSeats: number, events: RoomEvents, observe?: ObservePacket) {
		this.#mostSeats = mostSeats;
		this.#events = events;
		this.#observe = observe;
	}

	/** Brings a connected participant in: it gets a seat with everybody and everybody gets one with it. */
	enter(participant: Participant, sendRoster: (frame: Uint8Array) => void, now: number): void {
		const others = [...this.#participants.values()];
		this.#participants.set(participant.key, participant);
		this.#roster.open(participant.key, sendRoster, now);
		this.#now = now;
		this.#seatOthers(participant);
		for (const other of others) this.#seatOthers(other);
		this.#placeScreens(participant);
		for (const viewer of this.#participants.values()) this.#choose(viewer);
		// Whoever was alone was told to send little: tell it otherwise at the next tick.
		this.#areReportsDue = true;
	}

	leave(key: string): void {
		const participant = this.#participants.get(key);
		if (participant === undefined) return;
		this.share(key, false);
		this.#participants.delete(key);
		this.#roster.close(key);
		for (const other of this.#participants.values()) participant.unseat(other);
		for (const screen of participant.screens) screen.place.aimAt(undefined);
		for (const viewer of this.#participants.values()) {
			const seat = viewer.unseat(participant);
			if (seat === undefined) continue;
			this.#events.seat(viewer, seat);
			this.#seatOthers(viewer);
			this.#choose(viewer);
		}
	}

	has(key: string): boolean {
		return this.#participants.has(key);
	}

	/** A participant's connection has the seats that were added to it. */
	seatsAdded(participant: Participant): void {
		if (!this.has(participant.key)) return;
		this.#seatOthers(participant);
		this.#choose(participant);
	}

	/** A participant, who may be about to come in, says what is on its screen. */
	watch(participant: Participant, watching: Watching): void {
		participant.watching = watching;
		if (this.has(participant.key)) this.#choose(participant);
	}

	/** Aims a viewer's pictures. Senders are told at the next tick what is wanted of them by now. */
	#choose(viewer: Participant): void {
		choosePictures(viewer, this.#now);
		this.#isWantedStale = true;
	}

	#tellWanted(): void {
		this.#isWantedStale = false;
		const most = wantedPictures(this.#participants.values());
		for (const participant of this.#participants.values()) {
			const camera = most.get(participant.camera) ?? 0;
			const screen = (most.get(participant.screen) ?? 0) > 0;
			if (participant.wanted?.camera === camera && participant.wanted.screen === screen) continue;
			participant.wanted = { camera, screen };
			this.#events.wanted(participant, participant.wanted);
		}
	}

	/** Seats whoever has no seat with `viewer` yet, as far as there are any, and asks for more ahead of need. */
	#seatOthers(viewer: Participant): void {
		for (const other of this.#participants.values()) {
			if (other === viewer || viewer.seatOf(other) !== undefined) continue;
			const seat = viewer.seatFor(other);
			if (seat === undefined) break;
			this.#events.seat(viewer, seat);
		}
		const seats = seatsAhead(this.#participants.size - 1, this.#mostSeats);
		if (seats > viewer.seats.length) this.#events.seatsWanted(viewer, seats);
	}

	/** A participant's screen begins or ends. */
	share(key: string, on: boolean): void {
		const participant = this.#participants.get(key);
		if (participant === undefined || this.#sharers.includes(participant) === on) return;
		this.#sharers = on ? [...this.#sharers, participant] : this.#sharers.filter((sharer) => sharer !== participant);
		for (const viewer of this.#participants.values()) {
			this.#placeScreens(viewer);
			this.#choose(viewer);
		}
	}

	/** Gives the screens that were shared first the places that `viewer` has; a screen keeps its place while it is shared. */
	#placeScreens(viewer: Participant): void {
		for (const screen of viewer.screens) {
			if (screen.occupant === undefined || this.#sharers.includes(screen.occupant)) continue;
			screen.occupant = undefined;
			screen.place.aimAt(undefined);
			if (!this.#fillScreen(viewer, screen)) this.#events.screen(viewer, screen);
		}
		for (const screen of viewer.screens) if (screen.occupant === undefined) this.#fillScreen(viewer, screen);
	}

	#fillScreen(viewer: Participant, screen: ScreenPlace): boolean {
		const sharer = this.#sharers.find(
			(candidate) => candidate !== viewer && !viewer.screens.some(({ occupant }) => occupant === candidate),
		);
		if (sharer === undefined) return false;
		screen.occupant = sharer;
		this.#events.screen(viewer, screen);
		return true;
	}

	/** A packet, RTP or RTCP, that arrived from a participant. The room may overwrite it. `now` in ms. */
	packetArrived(key: string, packet: Buffer, now: number): void {
		const participant = this.#participants.get(key);
		if (participant === undefined) return;
		this.#now = now;
		if (isRtcp(packet)) return this.#rtcpArrived(participant, packet, now);
		const view = this.#view;
		if (!readRtp(packet, view)) return;
		const uplink = participant.uplinkOf(view.ssrc) ?? participant.learnLayer(view);
		if (uplink === undefined) return;
		participant.transportSequenceArrived(view.transportSequence, now);
		if (!uplink.accept(packet, view, now)) return;
		this.#observe?.(key, uplink.kind, packet, view, now);
		this.#forward(uplink, packet, view, now);
	}

	#forward(uplink: Uplink, packet: Buffer, view: RtpView, now: number): void {
		const { places } = uplink;
		if (places.length === 0) return;
		let picture: PictureView | undefined;
		if (uplink.kind === "video") {
			const codec = view.payloadType === payloadTypes.vp9 ? "vp9" : "vp8";
			if (readPicture(codec, packet, view.payloadOffset, view.payloadEnd, this.#picture)) picture = this.#picture;
		}
		const outgoing = packet.subarray(view.payloadOffset - rtpHeaderBytes, view.payloadEnd);
		for (const place of places) if (place.forward(uplink, packet, outgoing, view, picture, now)) this.forwarded++;
	}

	/** What a part is about, its SSRC tells: one of the participant's own streams, or of those that it is sent. */
	#rtcpArrived(participant: Participant, packet: Buffer, now: number): void {
		for (const item of readRtcp(packet)) {
			switch (item.kind) {
				case "senderReport": {
					const uplink = participant.uplinkOf(item.ssrc);
					// Not of a stream that only repairs.
					if (uplink?.ssrc !== item.ssrc) break;
					uplink.reception?.senderReportArrived(item.ntpHigh, item.ntpLow, now);
					for (const receiver of uplink.places) receiver.report(item);
					break;
				}
				case "nack":
					participant.placeOf(item.ssrc)?.retransmit(item.sequences);
					break;
				case "keyFrameRequest":
					participant.placeOf(item.ssrc)?.aim?.missKeyFrame(now);
					break;
				case "report":
					this.#reportArrived(participant, item);
					break;
				case "bandwidth":
					if (participant.limit.estimateArrived(item.bitsPerSecond, now)) this.#lineIsShort(participant);
					break;
			}
		}
	}

	/** Sound is no part of what is limited, and what was lost on the way up is not the receiver's line. */
	#reportArrived(receiver: Participant, { ssrc, lost, highest }: Extract<RtcpItem, { kind: "report" }>): void {
		const place = receiver.placeOf(ssrc);
		if (place?.aim?.kind === "video") receiver.limit.reportArrived({ ssrc, lost: lost - place.gaps, highest });
	}

	/** Whoever shows less from now on waits for no tick, nor do senders whom it slows down. */
	#lineIsShort(viewer: Participant): void {
		this.#choose(viewer);
		this.#areReportsDue = true;
	}

	/** A sealed roster frame (K4), fanned out to everybody else. False when it is too large or too many came. `now` in ms. */
	rosterArrived(key: string, frame: Uint8Array, now: number): boolean {
		return this.#roster.arrived(key, frame, now);
	}

	/** To be called about every 20 ms; `now` in ms. */
	tick(now: number): void {
		this.#now = now;
		const participants = [...this.#participants.values()];
		for (const participant of participants) participant.sendRequests(now);
		if (this.#isWantedStale) this.#tellWanted();
		if (now - this.#feedbackAt >= 60) {
			this.#feedbackAt = now;
			for (const participant of participants) participant.sendTransportFeedback();
		}
		if (now - this.#measuredAt >= 1000) {
			for (const participant of participants) participant.measure(now, now - this.#measuredAt);
			this.#measuredAt = now;
			this.#areReportsDue = true;
		}
		if (now - this.#chosenAt >= 250) {
			this.#chosenAt = now;
			for (const participant of participants) this.#choose(participant);
		}
		if (!this.#areReportsDue) return;
		this.#areReportsDue = false;
		for (const participant of participants) participant.sendReports(now, this.#limitFor(participant));
	}

	/** A camera that comes in layers need not wait for its slowest receiver: that one is sent a smaller layer. */
	#limitFor(sender: Participant): number {
		if (sender.camera.layers.filter((layer) => layer.isAlive(this.#now)).length > 1) return unlimitedBitsPerSecond;
		const viewers = [...this.#participants.values()].filter((viewer) => shows(viewer, sender));
		return uplinkLimit(
			viewers.map((viewer) => ({
				limit: viewer.limit.bitsPerSecond,
				videoStreams: viewer.seats.filter(({ video }) => video.aim?.isActive === true).length,
			})),
		);
	}
}
