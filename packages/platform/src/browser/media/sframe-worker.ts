/// <reference lib="webworker" />
import type { ParticipantId } from "@sotto/crypto";
import { Ahead } from "../../media/ahead.ts";
import { FrameKeys, type OpenFailure } from "../../media/frame-keys.ts";
import { audioStream } from "../../media/streams.ts";
import type { KeyMessage, PageToWorker, TransformOptions, WorkerToPage } from "./worker-messages.ts";

declare const self: DedicatedWorkerGlobalScope & {
	onrtctransform: ((event: RTCTransformEvent) => void) | null;
};

/** docs/spec/media.md: VP8 shows its first byte, which the packetiser needs; it is authenticated. VP9 and Opus show none. */
const vp8PayloadType = 98;
const vp9PayloadType = 96;
/** While frames do not open the sender is asked for a key frame at most this often. */
const keyFrameIntervalMs = 1_000;

const keys = new FrameKeys();
const ahead = new Ahead(
	() => keys.newestM(),
	(m) => answerPage({ type: "ahead", m }),
);
/** By session. */
const counts = new Map<number, ReturnType<typeof noCounts>>();

function countsOf(session: number) {
	const known = counts.get(session) ?? noCounts();
	counts.set(session, known);
	return known;
}

function noCounts() {
	return {
		withheld: 0,
		opened: {} as Record<string, number>,
		failures: {} as Partial<Record<OpenFailure, number>>,
	};
}

function answerPage(message: WorkerToPage): void {
	self.postMessage(message);
}

async function pageSaid(message: PageToWorker): Promise<void> {
	switch (message.type) {
		case "engine":
			message.port.onmessage = ({ data }: MessageEvent<KeyMessage>) => void keySaid(data);
			return;
		case "begin":
			return answerPage({ type: "begun", request: message.request, ...(await keys.begin()) });
		case "ready":
			await keys.ready(message.session);
			return answerPage({ type: "isReady", request: message.request });
		case "count":
			return answerPage({
				type: "counts",
				request: message.request,
				...countsOf(message.session),
				sealed: keys.sealedFrames(message.session),
			});
		case "announce":
			return answerPage({
				type: "announcement",
				request: message.request,
				announcement: keys.announcement(message.session, performance.now()),
			});
		case "seat":
			return keys.seat(message.session, message.place, message.participantId);
		case "end":
			counts.delete(message.session);
			return keys.end(message.session);
		case "hold":
			return keys.hold(message.isHeld);
		case "base":
		case "forget":
		case "authorize":
		case "revoke":
			return keySaid(message);
	}
}

async function keySaid(message: KeyMessage): Promise<void> {
	switch (message.type) {
		case "base":
			keys.addBase(message.m, message.callBase);
			if (message.send) await keys.sendUnder(message.m);
			return;
		case "forget":
			return keys.forgetBase(message.m);
		case "authorize":
			return keys.authorize(message.participantId as ParticipantId, message.m, message.counters);
		case "revoke":
			return keys.revoke(message.participantId);
	}
}

self.onmessage = ({ data }: MessageEvent<PageToWorker>) => void pageSaid(data);
setInterval(() => keys.tick(performance.now()), 1_000);

type EncodedFrame = RTCEncodedVideoFrame | RTCEncodedAudioFrame;

self.onrtctransform = ({ transformer }) => {
	const options = transformer.options as TransformOptions;
	const transform = options.role === "send" ? sealer(options) : opener(options, transformer);
	transformer.readable
		.pipeThrough(new TransformStream<EncodedFrame, EncodedFrame>({ transform }))
		.pipeTo(transformer.writable)
		// The connection was closed.
		.catch(() => undefined);
};

/** How many bytes of a frame stay clear, or undefined for a codec that was not negotiated: its frames go nowhere. */
function clearBytesOf(frame: EncodedFrame, stream: number): number | undefined {
	if (stream === audioStream) return 0;
	const { payloadType } = frame.getMetadata();
	if (payloadType === vp9PayloadType) return 0;
	return payloadType === vp8PayloadType ? 1 : undefined;
}

/** Fails closed: a frame is enqueued only after it was sealed. */
function sealer(options: Extract<TransformOptions, { role: "send" }>) {
	return async (frame: EncodedFrame, controller: TransformStreamDefaultController<EncodedFrame>): Promise<void> => {
		const clearBytes = clearBytesOf(frame, options.stream);
		const sealed =
			clearBytes === undefined
				? undefined
				: await keys
						.seal(options.session, options.stream, new Uint8Array(frame.data), clearBytes)
						.catch(() => undefined);
		if (sealed === undefined) {
			countsOf(options.session).withheld++;
			return;
		}
		frame.data = sealed.buffer;
		controller.enqueue(frame);
	};
}

/** Fails closed: a frame is enqueued only after it opened. */
function opener(options: Extract<TransformOptions, { role: "receive" }>, transformer: RTCRtpScriptTransformer) {
	const { session, place, stream } = options;
	const name = `${place}.${stream}`;
	const open = (frame: EncodedFrame, clearBytes: number) =>
		ahead.open(stream, () => keys.open(session, place, stream, new Uint8Array(frame.data), clearBytes));
	let askedAt = Number.NEGATIVE_INFINITY;
	return async (frame: EncodedFrame, controller: TransformStreamDefaultController<EncodedFrame>): Promise<void> => {
		const clearBytes = clearBytesOf(frame, stream);
		const malformed = { failure: "malformed" as const };
		const opened = clearBytes === undefined ? malformed : await open(frame, clearBytes).catch(() => malformed);
		const count = countsOf(session);
		if ("frame" in opened) {
			count.opened[name] = (count.opened[name] ?? 0) + 1;
			frame.data = opened.frame.buffer;
			return controller.enqueue(frame);
		}
		count.failures[opened.failure] = (count.failures[opened.failure] ?? 0) + 1;
		const now = performance.now();
		if (stream === audioStream || now - askedAt < keyFrameIntervalMs) return;
		askedAt = now;
		// Without an answer the decoder asks by itself, a little later.
		await transformer.sendKeyFrameRequest().catch(() => undefined);
	};
}
