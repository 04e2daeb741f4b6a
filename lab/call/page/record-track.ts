import recorderUrl from "./recorder-worklet.js?url";

/** Records `seconds` of what a remote track plays, as it comes out of the decoder. Mono, samples from -1 to 1. */
export async function recordTrack(
	track: MediaStreamTrack,
	seconds: number,
): Promise<{ readonly startedAt: number; readonly sampleRate: number; readonly samples: Float32Array }> {
	const stream = new MediaStream([track]);
	// Chromium decodes a remote track only while an element plays it.
	const element = new Audio();
	element.srcObject = stream;
	element.muted = true;
	await element.play();
	const context = new AudioContext({ sampleRate: 48_000 });
	await context.resume();
	await context.audioWorklet.addModule(recorderUrl);
	const recorder = new AudioWorkletNode(context, "recorder", { channelCount: 1, channelCountMode: "explicit" });
	const blocks: Float32Array[] = [];
	recorder.port.onmessage = ({ data }: MessageEvent<Float32Array>) => blocks.push(data);
	const startedAt = Date.now();
	context.createMediaStreamSource(stream).connect(recorder);
	await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
	recorder.disconnect();
	await context.close();
	element.srcObject = null;
	const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
	let at = 0;
	for (const block of blocks) {
		samples.set(block, at);
		at += block.length;
	}
	return { startedAt, sampleRate: 48_000, samples };
}
