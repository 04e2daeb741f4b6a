import { simulcastRids } from "@sotto/api";
import { extensionIds } from "../rtp/packet.ts";

/**
 * What a room negotiates: docs/spec/media.md. The sfu always offers, so these numbers hold in every connection of a room and
 * a packet keeps its payload type on its way through.
 */
export const payloadTypes = { vp9: 96, vp9Rtx: 97, vp8: 98, vp8Rtx: 99, opus: 111 } as const;

/** One size and one pace (K3, anchors): constant bit rate, no discontinuous transmission, no redundancy whose presence varies. */
export const opusParameters =
	"minptime=20;ptime=20;maxptime=20;stereo=0;sprop-stereo=0;useinbandfec=1;usedtx=0;cbr=1;maxaveragebitrate=32000";

export const transportFeedbackUri = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

export type HeaderExtension = { readonly id: number; readonly uri: string };

/** Every header extension that may be negotiated on this m-line, with its id. On downlinks there is none at all. */
export function allowedExtensions(mid: string): readonly HeaderExtension[] {
	if (mid === uplinkMids.camera) return [transportFeedback, layerName, repairedLayerName];
	return Object.values(uplinkMids).some((uplink) => uplink === mid) ? [transportFeedback] : [];
}
const transportFeedback: HeaderExtension = { id: extensionIds.transportSequence, uri: transportFeedbackUri };
/** RFC 8852: which layer a stream is, and which one it repairs. Chromium says it in no other way. They end at the room. */
const layerName: HeaderExtension = { id: extensionIds.rid, uri: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" };
const repairedLayerName: HeaderExtension = {
	id: extensionIds.repairedRid,
	uri: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
};

/** A camera's layers, low to high. */
export type LayerName = (typeof simulcastRids)[number];

export const uplinkMids = { audio: "ua", camera: "uv", screen: "us" } as const;
export const rosterLabel = "roster";
/** The m-line of the roster channel. */
export const rosterMid = "0";

export type SeatMids = { readonly audio: string; readonly video: string };

/** The m-lines of seat `index`: `a0` and `v0`, `a1` and `v1`, … */
export function seatMids(index: number): SeatMids {
	return { audio: `a${index}`, video: `v${index}` };
}

/** The m-line of screen place `index`. */
export function screenMid(index: number): string {
	return `s${index}`;
}

/** Shared screens that a participant can be sent at once. */
export const screenPlaces = 2;

/** The payload type that an RTX payload type repairs (RFC 4588 `apt`), or -1. */
export function repairedPayloadType(payloadType: number): number {
	if (payloadType === payloadTypes.vp9Rtx) return payloadTypes.vp9;
	return payloadType === payloadTypes.vp8Rtx ? payloadTypes.vp8 : -1;
}

/** The RTX payload type that repairs `payloadType`, or -1. */
export function repairingPayloadType(payloadType: number): number {
	if (payloadType === payloadTypes.vp9) return payloadTypes.vp9Rtx;
	return payloadType === payloadTypes.vp8 ? payloadTypes.vp8Rtx : -1;
}
