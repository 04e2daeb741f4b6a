/** One call's media in this page: the engine's room and keys, this page's microphone and camera, and what the screen shows. */
import type { CallView, ClientView, MediaReport, PersonView, SottoClient } from "@sotto/client";
import { type CallMediaSession, joinCall, type MediaView } from "@sotto/platform/browser/media";
import { heardCount, qualityOf, reactionsOf, remotesOf, reportOf, sourceOf } from "./media-picture.ts";
import type {
	CallSession,
	CallSessionInput,
	CallSessionView,
	DeviceKind,
	Devices,
	ShownTile,
	StartCallSession,
} from "./session.ts";

/** Who holds it carries the call. Whoever takes it later takes the call over from the tab that had it. */
const carrierLock = "sotto call";
/** Statistics and silence are looked at at this pace. */
const lookMs = 1_000;

export const startCallSession: StartCallSession = (input) => new PageCall(input);

const noDevices: Devices = { microphones: [], cameras: [], speakers: [], chosen: {} };

class PageCall implements CallSession {
	readonly #client: SottoClient;
	readonly #input: CallSessionInput;
	readonly #listeners = new Set<() => void>();
	readonly #stops: (() => void)[] = [];
	readonly #wants: { microphone: boolean; camera: boolean };
	#media: CallMediaSession | undefined;
	#view: CallSessionView | undefined;
	#preview: { readonly track: MediaStreamTrack; readonly stream: MediaStream } | undefined;
	#devices = noDevices;
	#shown: readonly ShownTile[] | undefined;
	#speaker: string | undefined;
	#kind: CallView["kind"] = "direct";
	#heardAt: number | undefined;
	#joinedAt: number | undefined;
	#reported = "";
	#isClosed = false;
	#isAsking = false;

	constructor(input: CallSessionInput) {
		this.#input = input;
		this.#client = input.client;
		this.#wants = { microphone: input.microphone, camera: input.camera };
		const stopEvents = this.#client.onEvent((event) => {
			if (event.kind === "view") {
				this.#sayAgain(event.view);
				void this.#follow(event.view);
			}
			if (event.kind === "callMedia" && event.call === input.call) void this.#media?.refresh();
		});
		const look = setInterval(() => this.#report(), lookMs);
		const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
		mediaDevices?.addEventListener("devicechange", this.#devicesChanged);
		this.#stops.push(
			stopEvents,
			() => clearInterval(look),
			() => {
				mediaDevices?.removeEventListener("devicechange", this.#devicesChanged);
			},
		);
		this.#carry();
	}

	snapshot(): CallSessionView {
		this.#view ??= this.#picture();
		return this.#view;
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	setMicrophone(on: boolean): void {
		this.#wants.microphone = on;
		void this.#media?.setMicrophone(on);
		this.#changed();
	}

	setCamera(on: boolean): void {
		this.#wants.camera = on;
		void this.#media?.setCamera(on);
		this.#changed();
	}

	chooseDevice(kind: DeviceKind, id: string): void {
		if (kind !== "speaker") return void this.#media?.replaceDevice(kind, id);
		this.#speaker = id;
		this.#changed();
	}

	setScreen(on: boolean): void {
		void this.#media?.setScreen(on);
	}

	setHand(raised: boolean): void {
		this.#media?.setHand(raised);
	}

	react(emoji: string): void {
		this.#media?.react(emoji);
	}

	show(tiles: readonly ShownTile[]): void {
		this.#shown = tiles;
		this.#media?.show(tiles);
	}

	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const stop of this.#stops) stop();
		const media = this.#media;
		if (media === undefined) return;
		const { packets, bytes } = media.stats();
		const durationMs = this.#joinedAt === undefined ? 0 : performance.now() - this.#joinedAt;
		media.leave();
		this.#tell({ phase: "ended", participant: "", packets, bytes, durationMs: Math.round(durationMs) });
		this.#changed();
	}

	/** Takes the call to this tab; another tab that had it lets go. */
	#carry(): void {
		const end = Promise.withResolvers<void>();
		this.#stops.push(end.resolve);
		navigator.locks
			.request(carrierLock, { steal: true }, async () => {
				void this.#follow(await this.#client.view());
				await end.promise;
			})
			// Stolen: another tab asked for the same lock.
			.catch(() => {
				if (this.#isClosed) return;
				this.close();
				this.#input.onTaken?.();
			});
	}

	/** Joins as soon as the engine has a room for this call: the caller while it still rings at the other end. */
	async #follow(view: ClientView): Promise<void> {
		if (this.#isClosed || this.#media !== undefined || this.#isAsking) return;
		if (view.phase !== "ready" || view.call?.call !== this.#input.call || !mayJoin(view.call)) return;
		this.#kind = view.call.kind;
		this.#isAsking = true;
		const ready = await this.#client.callMedia(this.#input.call);
		this.#isAsking = false;
		if (!ready.ok || this.#isClosed || this.#media !== undefined) return;
		const media = joinCall(this.#client, this.#input.call, { ...this.#wants });
		this.#media = media;
		if (this.#shown !== undefined) media.show(this.#shown);
		this.#joinedAt = performance.now();
		this.#stops.push(media.onChange(() => this.#mediaChanged()));
		this.#mediaChanged();
	}

	#mediaChanged(): void {
		const devices = this.#media?.view();
		const isNew = devices?.microphone !== this.#lastMicrophone || devices?.camera !== this.#lastCamera;
		this.#lastMicrophone = devices?.microphone;
		this.#lastCamera = devices?.camera;
		// Names of devices are told only once one of them was allowed.
		if (isNew) void this.#listDevices();
		this.#report();
		this.#changed();
	}
	#lastMicrophone: MediaView<PersonView>["microphone"] | undefined;
	#lastCamera: MediaView<PersonView>["camera"] | undefined;

	#report(): void {
		const media = this.#media?.view();
		if (media === undefined || this.#isClosed) return;
		const now = performance.now();
		const heard = heardCount(media.participants);
		if (heard > 0 && media.state.phase === "connected") this.#heardAt = now;
		const isAlone = this.#kind === "group" && media.participants.length === 0;
		const report = reportOf(media.state, heard, { heardAt: this.#heardAt, isAlone }, now);
		if (report === undefined) return;
		const said = JSON.stringify(report);
		if (said === this.#reported) return;
		this.#reported = said;
		this.#tell(report);
	}

	/** The engine knows less than it was told: it was restarted, or had not read the answer yet. */
	#sayAgain(view: ClientView): void {
		const phase = view.phase === "ready" && view.call?.call === this.#input.call ? view.call.phase.name : "ended";
		if (phase !== "joining" && phase !== "reconnecting") return;
		if (!this.#reported.includes('"connected"')) return;
		this.#reported = "";
		this.#report();
	}

	#tell(report: MediaReport): void {
		// An engine that is gone or has ended the call needs no report.
		this.#client.reportMedia(this.#input.call, report).catch(() => undefined);
	}

	readonly #devicesChanged = () => {
		void this.#listDevices();
		const media = this.#media?.view();
		// Plugged in again: goes on by itself.
		if (media?.microphone.state === "failed" && this.#wants.microphone) void this.#media?.setMicrophone(true);
		if (media?.camera.state === "failed" && this.#wants.camera) void this.#media?.setCamera(true);
	};

	async #listDevices(): Promise<void> {
		const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
		const found = (await mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
		const of = (kind: MediaDeviceInfo["kind"]) =>
			found.filter((device) => device.kind === kind && device.deviceId !== "").map(choiceOf);
		this.#devices = {
			microphones: of("audioinput"),
			cameras: of("videoinput"),
			speakers: "setSinkId" in HTMLMediaElement.prototype ? of("audiooutput") : [],
			chosen: {},
		};
		this.#changed();
	}

	#picture(): CallSessionView {
		const media = this.#isClosed ? undefined : this.#media?.view();
		const { microphone, camera } = this.#wants;
		const off = { state: "off" } as const;
		const devices = media ?? { microphone: off, camera: off };
		const remotes = remotesOf(media?.participants ?? []);
		return {
			localStream: this.#previewOf(media),
			remotes,
			speaking: remotes.find(({ participantId }) => participantId === media?.activeSpeaker)?.key,
			reactions: reactionsOf(media?.reactions ?? [], remotes),
			handRaisedAt: media?.own.handRaisedAt,
			sharing: media?.screenTrack !== undefined,
			outOfStep: media?.outOfStep ?? false,
			microphone: sourceOf(devices.microphone, microphone && !this.#isClosed),
			camera: sourceOf(devices.camera, camera && !this.#isClosed),
			quality: qualityOf(media?.quality ?? "measuring", media?.samples ?? []),
			devices: { ...this.#devices, chosen: this.#chosen(media) },
		};
	}

	/** The same stream as long as it is the same camera, so that the preview does not blink. */
	#previewOf(media: MediaView<PersonView> | undefined): MediaStream | undefined {
		const track = media?.camera.state === "on" ? media.camera.track : undefined;
		if (track === undefined) this.#preview = undefined;
		else if (this.#preview?.track !== track) this.#preview = { track, stream: new MediaStream([track]) };
		return this.#preview?.stream;
	}

	#chosen(media: MediaView<PersonView> | undefined): Devices["chosen"] {
		const { microphone, camera } = media ?? {};
		return {
			microphone: microphone !== undefined && "track" in microphone ? idOf(microphone.track) : undefined,
			camera: camera !== undefined && "track" in camera ? idOf(camera.track) : undefined,
			speaker: this.#speaker,
		};
	}

	#changed(): void {
		this.#view = undefined;
		for (const listener of this.#listeners) listener();
	}
}

function mayJoin(call: CallView): boolean {
	if (call.phase.name === "ringing") return call.direction === "outgoing";
	return call.phase.name !== "ended";
}

function choiceOf({ deviceId, label }: MediaDeviceInfo) {
	return { id: deviceId, label };
}

function idOf(track: MediaStreamTrack): string | undefined {
	return track.getSettings().deviceId;
}
