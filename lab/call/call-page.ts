import { base64urlToBytes } from "@sotto/bytes";
import type { Sound } from "../speech.ts";
import type { SentLayer } from "./page/connections.ts";
import type { SeenPicture } from "./page/screening.ts";

/** What a harness page reports of its session; page/harness.ts makes it. */
export type CallReport = {
	readonly phase: "joining" | "connected" | "reconnecting" | "ended";
	readonly ended: readonly string[];
	readonly participants: readonly {
		readonly participantId: string;
		readonly person?: string;
		readonly isHeard: boolean;
		readonly isSeen: boolean;
	}[];
	readonly microphone: string;
	/** ms since 1970 */
	readonly microphoneOpenedAt: number;
	readonly camera: string;
	readonly quality: string;
	readonly lastSample?: { readonly sendKbps: number; readonly receiveKbps: number };
	readonly stats: {
		readonly audioFramesOpened: number;
		readonly videoFramesOpened: number;
		readonly videoFramesDecoded: number;
		readonly joinings: number;
		readonly counts?: {
			readonly sealed: readonly number[];
			readonly withheld: number;
			readonly failures: Readonly<Record<string, number>>;
		};
	};
};

export type CallStart = {
	readonly callBase: string;
	readonly leaf: number;
	readonly camera: boolean;
	readonly unprotected?: boolean;
	readonly speakUrl?: string;
};

export type Recording = { readonly startedAt: number; readonly sound: Sound };

/** Runs an expression in the page and gives its value: all that Playwright and Puppeteer need to have in common here. */
export type Evaluate = (expression: string) => Promise<unknown>;

/** A page of the harness, in whichever browser. */
export class CallPage {
	readonly #evaluate: Evaluate;

	constructor(evaluate: Evaluate) {
		this.#evaluate = evaluate;
	}

	async start(request: CallStart): Promise<void> {
		await this.#evaluate(`harness.startCall(${JSON.stringify(request)})`);
	}

	async report(): Promise<CallReport> {
		return JSON.parse((await this.#evaluate("JSON.stringify(harness.report() ?? null)")) as string) as CallReport;
	}

	/** Records what this page decodes of its first participant. */
	async record(seconds: number): Promise<Recording> {
		const json = (await this.#evaluate(`harness.record(0, ${seconds}).then(JSON.stringify)`)) as string;
		const { startedAt, sampleRate, pcm } = JSON.parse(json) as { startedAt: number; sampleRate: number; pcm: string };
		const bytes = base64urlToBytes(pcm, 1 << 24);
		if (!bytes.ok) throw new Error("the page sends base64url");
		const words = new Int16Array(bytes.value.buffer, 0, bytes.value.length >> 1);
		return { startedAt, sound: { sampleRate, samples: Float32Array.from(words, (word) => word / 32_768) } };
	}

	/** Shows these people's cameras, each as high as given, and nobody else's: see page/harness.ts. */
	async show(heights: Readonly<Record<string, number>>): Promise<void> {
		await this.#evaluate(`harness.show(${JSON.stringify(heights)})`);
	}

	/** What is seen of each person that was shown. */
	async pictures(): Promise<Readonly<Record<string, SeenPicture>>> {
		const json = await this.#evaluate("JSON.stringify(harness.pictures())");
		return JSON.parse(json as string) as Readonly<Record<string, SeenPicture>>;
	}

	/** What this page's camera has sent, by layer. */
	async sentCamera(): Promise<readonly SentLayer[]> {
		const json = await this.#evaluate("harness.sentCamera().then(JSON.stringify)");
		return JSON.parse(json as string) as readonly SentLayer[];
	}

	async leave(): Promise<void> {
		await this.#evaluate("harness.leave()");
	}

	/** Waits until the report satisfies `isMet`; throws with the last report after `seconds`. Returns how many ms it took. */
	async waitFor(what: string, seconds: number, isMet: (report: CallReport) => boolean): Promise<number> {
		const from = Date.now();
		for (;;) {
			const report = await this.report();
			if (isMet(report)) return Date.now() - from;
			if (Date.now() - from > seconds * 1000)
				throw new Error(`${what}: not within ${seconds} s; ${JSON.stringify(report)}`);
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

/** Both hear each other: frames that opened, from a participant that the roster vouches for. */
export function hears(report: CallReport): boolean {
	return (
		report.phase === "connected" && report.participants.some(({ person, isHeard }) => person !== undefined && isHeard)
	);
}
