import { err, ok, type Result } from "@sotto/bytes";

/** Why there is no sound or picture of ours. The call goes on without. */
export type DeviceError =
	| { readonly kind: "noDevice" }
	/** The person or the system does not allow it. */
	| { readonly kind: "denied" }
	| { readonly kind: "inUse" }
	/** It was there and is gone. */
	| { readonly kind: "unplugged" }
	/** The page was not loaded over https or from localhost. */
	| { readonly kind: "insecurePage" }
	| { readonly kind: "failed" };

export type DeviceState =
	| { readonly state: "off" }
	| { readonly state: "on"; readonly track: MediaStreamTrack }
	/** The device is open and silent: its stream goes on, so that nobody sees who speaks when. */
	| { readonly state: "muted"; readonly track: MediaStreamTrack }
	| { readonly state: "failed"; readonly error: DeviceError };

export type DeviceKind = "microphone" | "camera";

/** What getUserMedia throws, by its standard name. */
export function deviceError(thrown: unknown): DeviceError {
	const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
	switch (name) {
		case "NotFoundError":
		case "OverconstrainedError":
		case "DevicesNotFoundError":
			return { kind: "noDevice" };
		case "NotAllowedError":
		case "SecurityError":
		case "PermissionDeniedError":
			return { kind: "denied" };
		case "NotReadableError":
		case "AbortError":
		case "TrackStartError":
			return { kind: "inUse" };
		default:
			return { kind: "failed" };
	}
}

/** What two ordinary cores encode and decode beside everything else; the estimate and the browser go below it by themselves. */
const pictureSize = { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 24, max: 30 } };

/** Opens a device, the given one or the system's choice. */
export async function openDevice(kind: DeviceKind, deviceId?: string): Promise<Result<MediaStreamTrack, DeviceError>> {
	const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
	if (mediaDevices === undefined) return err({ kind: "insecurePage" });
	const which = deviceId === undefined ? {} : { deviceId: { exact: deviceId } };
	try {
		const stream = await mediaDevices.getUserMedia(
			kind === "microphone"
				? {
						audio: { ...which, channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
					}
				: { video: { ...which, ...pictureSize } },
		);
		const track = stream.getTracks()[0];
		return track === undefined ? err({ kind: "noDevice" }) : ok(track);
	} catch (thrown) {
		return err(deviceError(thrown));
	}
}

/** Our microphone and camera over a session's life. Each change, also one that the system makes, is told to `onChange`. */
export class LocalDevices {
	#microphone: DeviceState = { state: "off" };
	#camera: DeviceState = { state: "off" };
	/** Counts the wishes for each device, so that an older one that is answered late changes nothing. */
	readonly #wishes = { microphone: 0, camera: 0 };
	readonly #onChange: () => void;
	readonly #open: typeof openDevice;

	constructor(onChange: () => void, open: typeof openDevice = openDevice) {
		this.#onChange = onChange;
		this.#open = open;
	}

	get microphone(): DeviceState {
		return this.#microphone;
	}

	get camera(): DeviceState {
		return this.#camera;
	}

	/** Off means muted: a microphone once opened goes on sending silence. */
	async setMicrophone(on: boolean): Promise<Result<void, DeviceError>> {
		const state = this.#microphone;
		if (state.state === "on" || state.state === "muted") {
			state.track.enabled = on;
			this.#set("microphone", { state: on ? "on" : "muted", track: state.track });
			return ok();
		}
		return on ? this.#use("microphone") : ok();
	}

	/** Off lets the device go: its light goes out. */
	async setCamera(on: boolean): Promise<Result<void, DeviceError>> {
		if (on && this.#camera.state === "on") return ok();
		if (on) return this.#use("camera");
		this.#wishes.camera++;
		this.#let("camera", { state: "off" });
		return ok();
	}

	/** Changes over to another microphone or camera; on failure the one in use stays. */
	async replace(kind: DeviceKind, deviceId: string): Promise<Result<void, DeviceError>> {
		return this.#use(kind, deviceId);
	}

	close(): void {
		this.#wishes.microphone++;
		this.#wishes.camera++;
		this.#let("microphone", { state: "off" });
		this.#let("camera", { state: "off" });
	}

	async #use(kind: DeviceKind, deviceId?: string): Promise<Result<void, DeviceError>> {
		const wish = ++this.#wishes[kind];
		const opened = await this.#open(kind, deviceId);
		if (wish !== this.#wishes[kind]) {
			if (opened.ok) opened.value.stop();
			return ok();
		}
		const before = kind === "microphone" ? this.#microphone : this.#camera;
		if (!opened.ok) {
			if (before.state !== "on" && before.state !== "muted") this.#set(kind, { state: "failed", error: opened.error });
			return opened;
		}
		const track = opened.value;
		track.enabled = before.state !== "muted";
		// Only the system ends a track that we did not stop.
		track.addEventListener("ended", () => {
			const now = kind === "microphone" ? this.#microphone : this.#camera;
			if ((now.state === "on" || now.state === "muted") && now.track === track)
				this.#set(kind, { state: "failed", error: { kind: "unplugged" } });
		});
		this.#let(kind, { state: before.state === "muted" ? "muted" : "on", track });
		return ok();
	}

	#let(kind: DeviceKind, next: DeviceState): void {
		const before = kind === "microphone" ? this.#microphone : this.#camera;
		this.#set(kind, next);
		if (before.state === "on" || before.state === "muted") before.track.stop();
	}

	#set(kind: DeviceKind, next: DeviceState): void {
		if (kind === "microphone") this.#microphone = next;
		else this.#camera = next;
		this.#onChange();
	}
}

/** The track of a device, if it is open. */
export function trackOf(state: DeviceState): MediaStreamTrack | undefined {
	return state.state === "on" || state.state === "muted" ? state.track : undefined;
}
