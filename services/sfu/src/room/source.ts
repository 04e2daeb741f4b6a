import { repairedPayloadType, uplinkMids } from "./media-plan.ts";
import { Uplink } from "./uplink.ts";

/** One layer of a camera as its sender announced it. */
export type AnnouncedLayer = {
	readonly rid: "l" | "m" | "h";
	readonly ssrc: number;
	readonly rtxSsrc?: number | undefined;
};

/** Whether no layer and no SSRC is announced twice. */
export function areDistinct(layers: readonly AnnouncedLayer[]): boolean {
	const ssrcs = layers.flatMap(({ ssrc, rtxSsrc }) => (rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc]));
	return new Set(ssrcs).size === ssrcs.length && new Set(layers.map(({ rid }) => rid)).size === layers.length;
}

/** Packets kept of each layer for retransmission: about two seconds. */
const layerSlots = { l: 128, m: 256, h: 512 } as const;
const layerOrder = ["l", "m", "h"] as const;

/** What a participant sends of one kind: its sound, its camera in one or several layers, its screen. */
export class Source {
	readonly kind: "audio" | "camera" | "screen";
	readonly mid: string;
	/** Low to high; one, if it has no layers. */
	layers: readonly Uplink[];

	constructor(kind: Source["kind"]) {
		this.kind = kind;
		this.mid = uplinkMids[kind];
		this.layers = [new Uplink(kind === "audio" ? "audio" : "video")];
	}

	/** Takes the layers that came with an answer; the same ones again change nothing. What was shown of others ends. */
	announce(layers: readonly AnnouncedLayer[]): void {
		const sorted = layerOrder.flatMap((rid) => layers.filter((layer) => layer.rid === rid).slice(0, 1));
		if (sorted.length === 0 || sorted.map(({ ssrc }) => ssrc).join() === this.layers.map(({ ssrc }) => ssrc).join())
			return;
		for (const layer of this.layers) for (const place of layer.places) place.aimAt(undefined);
		this.layers = sorted.map(({ rid, ssrc, rtxSsrc }) => new Uplink("video", layerSlots[rid], ssrc, rtxSsrc ?? -1));
	}

	/** The layer that a packet belongs to; a repair belongs to the layer whose RTX stream it came in. */
	layerOf(ssrc: number, payloadType: number): Uplink | undefined {
		const { layers } = this;
		if (layers.length === 1) return layers[0];
		const isRepair = repairedPayloadType(payloadType) >= 0;
		for (const layer of layers) if ((isRepair ? layer.rtxSsrc : layer.ssrc) === ssrc) return layer;
		return undefined;
	}

	/** Whether anything of it has arrived. */
	get isActive(): boolean {
		return this.layers.some((layer) => layer.isActive);
	}
}
