import type { CallView, ClientEvent, ClientView, MediaReport } from "@sotto/client";
import { type CallMediaSession, joinCallMedia, type MediaSource, type Speaker } from "@sotto/platform/node/media";
import type { Given } from "../command.ts";
import type { OpenProfile } from "../profile/open-profile.ts";
import { type Heard, Recordings } from "./recordings.ts";

export type CarryOptions = {
	readonly source: MediaSource;
	/** Where the others' sound is written. */
	readonly record: string | undefined;
	/** Hang up this long after the call was connected. */
	readonly forMs: number | undefined;
	/** Resolves when the user wants to hang up. */
	readonly hangUp: Promise<void>;
};

type EndedPhase = Extract<CallView["phase"], { name: "ended" }>;
export type CarriedCall = {
	readonly reason: EndedPhase["reason"];
	/** Of a call that failed: how the last joining of its room ended. */
	readonly cause: string | undefined;
	readonly wasConnected: boolean;
	readonly heard: readonly Heard[];
};

const lookMs = 500;
/** How long nobody may be heard before the call counts as interrupted: sound never pauses. */
const silenceMs = 4_000;

/** Carries a call that this profile is in to its end: its media, what the engine is to know, and a line for each thing that happens. */
export function carryCall(
	given: Given,
	profile: OpenProfile,
	call: CallView,
	options: CarryOptions,
): Promise<CarriedCall> {
	const carrying = new Carrying(given, profile, call, options);
	return carrying.run();
}

class Carrying {
	readonly #given: Given;
	readonly #profile: OpenProfile;
	readonly #options: CarryOptions;
	readonly #recordings: Recordings;
	readonly #ended = Promise.withResolvers<EndedPhase>();
	#call: CallView;
	#media: CallMediaSession | undefined;
	#joinedAt: number | undefined;
	#heardAt: number | undefined;
	#reported = "";
	#told = "";
	#isAsking = false;
	#isOutOfStep = false;
	#wasConnected = false;
	#forTimer: ReturnType<typeof setTimeout> | undefined;

	constructor(given: Given, profile: OpenProfile, call: CallView, options: CarryOptions) {
		this.#given = given;
		this.#profile = profile;
		this.#call = call;
		this.#options = options;
		this.#recordings = new Recordings(options.record);
	}

	async run(): Promise<CarriedCall> {
		const { client } = this.#profile;
		const stopEvents = client.onEvent((event) => this.#heard(event));
		// It also holds the process: the rest are timers and sockets of the engine.
		const look = setInterval(() => this.#look(), lookMs);
		void this.#options.hangUp.then(() => client.hangUp(this.#call.call));
		this.#take(await client.view());
		const { reason } = await this.#ended.promise;
		stopEvents();
		clearInterval(look);
		clearTimeout(this.#forTimer);
		await this.#leave();
		const loss = reason === "failed" ? this.#media?.lastLoss() : undefined;
		const cause = loss?.kind === "refused" ? loss.code : loss?.kind;
		return { reason, cause, wasConnected: this.#wasConnected, heard: this.#recordings.close() };
	}

	#heard(event: ClientEvent): void {
		if (event.kind === "view") this.#take(event.view);
		if (event.kind === "callMedia" && event.call === this.#call.call) void this.#media?.refresh();
	}

	#take(view: ClientView): void {
		if (view.phase !== "ready") return;
		const { call } = view;
		if (call?.call !== this.#call.call) {
			// Another call took its place in the view: this one is over.
			if (call !== undefined) this.#ended.resolve({ name: "ended", at: 0, durationMs: 0, reason: "failed" });
			return;
		}
		this.#call = call;
		if (call.phase.name === "connected") this.#connected();
		this.#tellPhase(call);
		if (call.phase.name === "ended") return this.#ended.resolve(call.phase);
		this.#sayAgain(call);
		void this.#follow(call);
	}

	#connected(): void {
		if (this.#wasConnected) return;
		this.#wasConnected = true;
		const { forMs } = this.#options;
		if (forMs === undefined) return;
		this.#forTimer = setTimeout(() => void this.#profile.client.hangUp(this.#call.call), forMs);
	}

	/** Joins as soon as the engine has a room for this call: the caller while it still rings at the other end. */
	async #follow(call: CallView): Promise<void> {
		if (this.#media !== undefined || this.#isAsking || !mayJoin(call)) return;
		this.#isAsking = true;
		const ready = await this.#profile.client.callMedia(call.call);
		this.#isAsking = false;
		if (!ready.ok || this.#media !== undefined) return;
		this.#joinedAt = performance.now();
		this.#media = joinCallMedia({
			engine: this.#profile.client,
			call: call.call,
			source: this.#options.source,
			events: {
				onState: ({ phase }) => {
					if (phase === "connected") this.#tell({ type: "joined" }, "In the call's room.");
					this.#report();
				},
				onCame: (speaker) => this.#tellParticipant(speaker, "came"),
				onWent: (speaker) => this.#tellParticipant(speaker, "went"),
				onPlayed: () => this.#tell({ type: "played" }, "The file is over; silence from now on."),
				onSound: (speaker, sound) => {
					const first = this.#recordings.take(speaker, sound);
					if (first !== undefined) this.#tellRecording(first);
				},
			},
		});
	}

	async #leave(): Promise<void> {
		const media = this.#media;
		if (media === undefined) return;
		const { packets, bytes } = media.sums();
		const durationMs = Math.round(performance.now() - (this.#joinedAt ?? performance.now()));
		await media.leave();
		await this.#profile.client.reportMedia(this.#call.call, {
			phase: "ended",
			participant: "",
			packets,
			bytes,
			durationMs,
		});
	}

	#look(): void {
		this.#report();
		this.#tellStep();
	}

	/** K5: whom nobody hears has to know. */
	#tellStep(): void {
		const isOut = this.#media?.isOutOfStep() === true;
		if (isOut === this.#isOutOfStep) return;
		this.#isOutOfStep = isOut;
		const text = isOut
			? "Nobody can hear you: who is in the call has changed, and that could not be followed yet."
			: "The others can hear you again.";
		this.#tell({ type: isOut ? "outOfStep" : "inStep" }, text);
	}

	#report(): void {
		const report = this.#reportNow();
		if (report === undefined) return;
		const said = JSON.stringify(report);
		if (said === this.#reported) return;
		this.#reported = said;
		// A call that is over needs no report.
		void this.#profile.client.reportMedia(this.#call.call, report);
	}

	#reportNow(): MediaReport | undefined {
		const state = this.#media?.state();
		if (this.#media === undefined || state === undefined) return undefined;
		const now = performance.now();
		const heard = this.#media.heardCount();
		if (heard > 0) this.#heardAt = now;
		switch (state.phase) {
			case "joining":
				return { phase: "joining" };
			case "reconnecting":
				return this.#heardAt === undefined ? { phase: "joining" } : { phase: "reconnecting" };
			case "connected":
				if (heard > 0 || this.#call.kind === "group") return { phase: "connected", participants: heard };
				return this.#heardAt !== undefined && now - this.#heardAt > silenceMs ? { phase: "reconnecting" } : undefined;
			case "ended":
				return state.reason === "left" ? undefined : { phase: "failed", reason: state.reason };
		}
	}

	/** The engine knows less than it was told: it had not read the answer yet, say. */
	#sayAgain({ phase }: CallView): void {
		if (phase.name !== "joining" && phase.name !== "reconnecting") return;
		if (!this.#reported.includes('"connected"')) return;
		this.#reported = "";
		this.#report();
	}

	#tellPhase({ phase, direction, video, people }: CallView): void {
		if (phase.name === this.#told || phase.name === "joining") return;
		this.#told = phase.name;
		const names = people.map(({ name }) => name).join(", ");
		switch (phase.name) {
			case "ringing":
				return this.#tell({ type: "ringing", direction, video }, `Calling ${names} …`);
			case "connected":
				return this.#tell({ type: "connected" }, "Connected.");
			case "reconnecting":
				return this.#tell(
					{ type: "reconnecting", cause: this.#media?.lastLoss()?.kind },
					"The connection was lost; trying on.",
				);
			case "ended":
				return;
		}
	}

	#tellParticipant({ person, participantId }: Speaker, state: "came" | "went"): void {
		const text = state === "came" ? `${person.name} is in the call.` : `${person.name} has left.`;
		this.#tell({ type: "participant", name: person.name, account: person.account, participantId, state }, text);
	}

	#tellRecording({ speaker, file, at }: Heard): void {
		const { name, account } = speaker.person;
		this.#tell({ type: "heard", name, account, file, at }, file === undefined ? undefined : `${name}: ${file}`);
	}

	#tell(line: { readonly type: string; readonly [key: string]: unknown }, text: string | undefined): void {
		const { type, ...rest } = line;
		const { call, conversation, title } = this.#call;
		this.#given.output.result({ type, call, conversation, title, ...rest }, text);
	}
}

function mayJoin({ phase, direction }: CallView): boolean {
	return phase.name === "ringing" ? direction === "outgoing" : phase.name !== "ended";
}
