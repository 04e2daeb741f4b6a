/** A stream of silence, in place of a microphone that is not there. */
export type Silence = { readonly track: MediaStreamTrack; readonly close: () => void };

/**
 * Makes one. Whoever has no microphone sends it all the same: the others know by it that one is there, and the server cannot
 * tell who has none. A browser whose page nobody has touched yet may hold it back until somebody does.
 */
export function makeSilence(): Silence {
	const context = new AudioContext();
	const source = new ConstantSourceNode(context, { offset: 0 });
	const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
	source.connect(destination);
	source.start();
	const [track] = destination.stream.getAudioTracks();
	if (track === undefined) throw new Error("a destination of sound has a track");
	return { track, close: () => void context.close() };
}
