import { type LayerName, uplinkMids } from "./media-plan.ts";
import { Uplink } from "./uplink.ts";

/** What a participant sends of one kind: its sound, its camera in one or several layers, its screen. */
export class Source {
	readonly kind: "audio" | "camera" | "screen";
	readonly mid: string;
	#names: readonly LayerName[] = [];
	/** Low to high; one, if it has no layers. */
	layers: readonly Uplink[];

	constructor(kind: Source["kind"]) {
		this.kind = kind;
		this.mid = uplinkMids[kind];
		this.layers = [new Uplink(kind === "audio" ? "audio" : "video")];
	}

	/** Takes the layers that an answer named, low to high. False: they are those of before. What was shown of others ends. */
	announce(names: readonly LayerName[]): boolean {
		if (names.join() === this.#names.join()) return false;
		for (const layer of this.layers) for (const place of layer.places) place.aimAt(undefined);
		this.#names = names;
		this.layers = names.length === 0 ? [new Uplink("video")] : names.map((name) => new Uplink("video", name));
		return true;
	}

	/** The layer whose name is this one character. */
	layerNamed(character: number): Uplink | undefined {
		const index = this.#names.findIndex((name) => name.charCodeAt(0) === character);
		return this.layers[index];
	}
}
