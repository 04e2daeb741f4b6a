import { err, ok, type Result } from "@sotto/bytes";
import { type DeviceError, deviceError } from "./devices.ts";

/** Text has to be sharp; it seldom moves. */
const screenPictures = { frameRate: { ideal: 10, max: 15 } };

/** Asks the person for a screen, window or tab. */
export async function openScreen(): Promise<Result<MediaStreamTrack, DeviceError>> {
	const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
	if (mediaDevices === undefined) return err({ kind: "insecurePage" });
	try {
		const stream = await mediaDevices.getDisplayMedia({ video: screenPictures, audio: false });
		const track = stream.getVideoTracks()[0];
		return track === undefined ? err({ kind: "noDevice" }) : ok(track);
	} catch (thrown) {
		return err(deviceError(thrown));
	}
}

/** One's own shared screen. Every change is told, also the one that the browser's own "Stop sharing" makes. */
export class LocalScreen {
	readonly #onChange: () => void;
	readonly #open: typeof openScreen;
	#track: MediaStreamTrack | undefined;
	#wishes = 0;

	constructor(onChange: () => void, open: typeof openScreen = openScreen) {
		this.#onChange = onChange;
		this.#open = open;
	}

	get track(): MediaStreamTrack | undefined {
		return this.#track;
	}

	async set(on: boolean): Promise<Result<void, DeviceError>> {
		const wish = ++this.#wishes;
		if (on === (this.#track !== undefined)) return ok();
		if (!on) return this.#use(undefined);
		const opened = await this.#open();
		if (!opened.ok) return opened;
		const track = opened.value;
		if (wish !== this.#wishes) {
			track.stop();
			return ok();
		}
		track.contentHint = "detail";
		track.addEventListener("ended", () => {
			if (this.#track === track) this.#use(undefined);
		});
		return this.#use(track);
	}

	close(): void {
		this.#wishes++;
		this.#use(undefined);
	}

	#use(track: MediaStreamTrack | undefined): Result<void, DeviceError> {
		const before = this.#track;
		this.#track = track;
		before?.stop();
		if (before !== track) this.#onChange();
		return ok();
	}
}
