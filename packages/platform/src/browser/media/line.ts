import { bytesToHex } from "@sotto/bytes";
import type { Rooms } from "../../media/rooms.ts";
import { type Levels, silentLevels, stepLevels } from "../../media/speaker.ts";
import { isOtherWeak, isOwnWeak, noWeakLines, stepWeakLines, type WeakLines } from "../../media/weak-line.ts";
import type { Joining } from "./joining.ts";
import type { LineSample } from "./media-session.ts";
import { madeUpOf, sampleOf } from "./quality.ts";

/** Every third look makes a sample of the line. */
const looksPerSample = 3;
const maxSamples = 60;

/** What the looks of a session add up to: who speaks, and how good the line is. */
export class Line {
	levels: Levels = silentLevels;
	#weak: WeakLines = noWeakLines;
	samples: readonly LineSample[] = [];
	#looks = 0;
	#lookedAt = 0;

	/** Of one's own line. */
	get quality(): "measuring" | "good" | "weak" {
		if (isOwnWeak(this.#weak)) return "weak";
		return this.samples.length === 0 ? "measuring" : "good";
	}

	isWeakOf(participantId: string): boolean {
		return isOtherWeak(this.#weak, participantId);
	}

	note(
		{ current, leaving }: Pick<Rooms<Joining>, "current" | "leaving">,
		saysWeak: (participantId: string) => boolean,
		now: number,
	): void {
		const loudness = new Map([...(leaving?.loudness ?? []), ...(current?.loudness ?? [])]);
		this.levels = stepLevels(this.levels, loudness, now, now - this.#lookedAt);
		this.#lookedAt = now;
		const flows = current?.flows();
		if (++this.#looks % looksPerSample !== 0 || current === undefined || flows === undefined) return;
		const heard = [...current.seats].flatMap(([seat, id]) => {
			const participantId = bytesToHex(id);
			const madeUp = madeUpOf(flows.before, flows.now, `a${seat}`);
			return madeUp === undefined ? [] : [{ participantId, madeUp, saysWeak: saysWeak(participantId) }];
		});
		this.#weak = stepWeakLines(this.#weak, { ...flows.now, heard });
		this.samples = [...this.samples.slice(1 - maxSamples), sampleOf(flows.before, flows.now)];
	}
}
