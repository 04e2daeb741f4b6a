/** What one page decoded of the other in a while, and what it sent meanwhile. It crosses over as JSON. */
export type Measured = {
	readonly seconds: number;
	/** The connection was lost on the way, and the page joined again. */
	readonly joinedAgain: boolean;
	readonly audio: {
		/** Played, and of those made up to bridge what did not come in time. */
		readonly samples: number;
		readonly concealed: number;
		/** How long sound waited in the jitter buffer, on average. */
		readonly bufferMs: number;
	};
	readonly video: {
		readonly frames: number;
		/** As the browser counts them: a picture that stood three times as long as usual, and 150 ms longer. */
		readonly freezes: number;
		readonly frozenSeconds: number;
		readonly longestStillMs: number;
		readonly width: number;
		/** VP9's, 0 to 255: the mean of its pictures. */
		readonly quantizer: number;
		readonly kbps: number;
	};
	/** Of its camera. */
	readonly sent: {
		readonly targetKbps: number;
		readonly kbps: number;
		/** Packets that were sent again. */
		readonly repeated: number;
		readonly estimateKbps: number;
		readonly roundTripMs: number;
	};
	/** ms since 1970 */
	readonly microphoneOpenedAt: number;
	readonly recordedAt: number;
	/** 16-bit samples in base64url. */
	readonly sampleRate: number;
	readonly pcm: string;
};
