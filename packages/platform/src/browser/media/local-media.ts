import type { Signs } from "../../media/roster.ts";
import { LocalDevices, type openDevice, trackOf } from "./devices.ts";
import type { LocalTracks } from "./peer.ts";
import { LocalScreen, type openScreen } from "./screen.ts";
import { makeSilence, type Silence } from "./silence.ts";

/** What this device gives to the call: microphone, camera, screen, and what it says of itself. */
export class LocalMedia {
	readonly devices: LocalDevices;
	readonly screen: LocalScreen;
	#silence: Silence | undefined;
	#handRaisedAt: number | undefined;
	#isClosed = false;
	readonly #onChange: () => void;

	constructor(onChange: () => void, openers: { devices?: typeof openDevice; screen?: typeof openScreen }) {
		this.#onChange = onChange;
		this.devices = new LocalDevices(onChange, openers.devices);
		this.screen = new LocalScreen(onChange, openers.screen);
	}

	start(microphone: boolean, camera: boolean): void {
		// Opened in any case: silence goes on where nothing is said.
		void this.devices.setMicrophone(true).then(() => (microphone ? undefined : this.devices.setMicrophone(false)));
		if (camera) void this.devices.setCamera(true);
	}

	setHand(raised: boolean): void {
		if (raised === (this.#handRaisedAt !== undefined)) return;
		this.#handRaisedAt = raised ? Date.now() : undefined;
		this.#onChange();
	}

	signs(): Omit<Signs, "weakLine"> {
		const { microphone, camera } = this.devices;
		return {
			muted: microphone.state !== "on",
			handRaisedAt: this.#handRaisedAt,
			camera: camera.state === "on",
			screen: this.screen.track !== undefined,
		};
	}

	tracks(): LocalTracks {
		const { microphone, camera } = this.devices;
		if (microphone.state === "failed" && !this.#isClosed) this.#silence ??= makeSilence();
		const audio = trackOf(microphone) ?? this.#silence?.track;
		return { audio, camera: trackOf(camera), screen: this.screen.track };
	}

	close(): void {
		this.#isClosed = true;
		this.devices.close();
		this.screen.close();
		this.#silence?.close();
	}
}
