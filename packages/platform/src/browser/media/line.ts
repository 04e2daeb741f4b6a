import type { Rooms } from "../../media/rooms.ts";
import { type Levels, silentLevels, stepLevels } from "../../media/speaker.ts";
import type { Joining } from "./joining.ts";
import type { LineSample } from "./media-session.ts";
import { qualityOf, sampleOf } from "./quality.ts";

/** Every third look makes a sample of the line. */
const looksPerSample = 3;
const maxSamples = 60;

/** What the looks of a session add up to: who speaks, and how good the line is. */
export class Line {
	levels: Levels = silentLevels;
	quality: "measuring" | "good" | "weak" = "measuring";
	samples: readonly LineSample[] = [];
	#looks = 0;
	#lookedAt = 0;

	note({ current, leaving }: Pick<Rooms<Joining>, "current" | "leaving">, now: number): void {
		const loudness = new Map([...(leaving?.loudness ?? []), ...(current?.loudness ?? [])]);
		this.levels = stepLevels(this.levels, loudness, now, now - this.#lookedAt);
		this.#lookedAt = now;
		const flows = current?.flows();
		if (++this.#looks % looksPerSample !== 0 || flows === undefined) return;
		this.quality = qualityOf(flows.before, flows.now);
		this.samples = [...this.samples.slice(1 - maxSamples), sampleOf(flows.before, flows.now)];
	}
}
