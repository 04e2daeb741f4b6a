/** What is seen of somebody: the size of the last picture and how many there were. */
export type SeenPicture = { readonly height: number; readonly count: number };

/** Shows tracks in the page and counts the pictures that are presented, with their size: what a person would see. */
export class Screening {
	readonly #videos = new Map<string, HTMLVideoElement>();
	readonly #seen = new Map<string, SeenPicture>();

	show(name: string, track: MediaStreamTrack): void {
		const video = this.#videos.get(name) ?? this.#begin(name);
		const shown = video.srcObject instanceof MediaStream ? video.srcObject.getTracks() : [];
		if (shown[0] !== track) video.srcObject = new MediaStream([track]);
	}

	#begin(name: string): HTMLVideoElement {
		const video = document.createElement("video");
		Object.assign(video, { muted: true, autoplay: true, width: 160, height: 90 });
		document.body.append(video);
		this.#videos.set(name, video);
		const presented = (_at: number, { height, presentedFrames }: VideoFrameCallbackMetadata) => {
			this.#seen.set(name, { height, count: presentedFrames });
			video.requestVideoFrameCallback(presented);
		};
		video.requestVideoFrameCallback(presented);
		return video;
	}

	pictures(): Readonly<Record<string, SeenPicture>> {
		return Object.fromEntries(this.#seen);
	}
}
