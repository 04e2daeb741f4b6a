/** Who and what stands where on the stage. Pure. */
import type { RemoteParticipant } from "./session.ts";

export type View = "grid" | "speaker";

/** A picture on the stage: somebody, or somebody's screen. `key` is stable as long as it is there. */
export type Place =
	| { readonly kind: "person"; readonly key: string; readonly remote: RemoteParticipant }
	| {
			readonly kind: "screen";
			readonly key: string;
			readonly remote: RemoteParticipant;
			readonly track: MediaStreamTrack;
	  };

export type Layout =
	| { readonly view: "grid"; readonly places: readonly Place[] }
	/** One large, the others small beside it. */
	| { readonly view: "speaker"; readonly main: Place; readonly strip: readonly Place[] };

/** Screens first: they are what is talked about. */
export function placesOf(remotes: readonly RemoteParticipant[]): readonly Place[] {
	const screens = remotes.flatMap((remote) =>
		remote.screenTrack === undefined
			? []
			: [{ kind: "screen" as const, key: `screen ${remote.key}`, remote, track: remote.screenTrack }],
	);
	return [...screens, ...remotes.map((remote) => ({ kind: "person" as const, key: remote.key, remote }))];
}

/**
 * `chosen`: the view that the person asked for, undefined before: then a shared screen takes the stage, and people share it as
 * equals. `pinned`: the place that was put on the stage by hand.
 */
export function layoutOf(
	remotes: readonly RemoteParticipant[],
	{ chosen, pinned, speaking }: { chosen: View | undefined; pinned: string | undefined; speaking: string | undefined },
): Layout {
	const places = placesOf(remotes);
	const screen = places.find(({ kind }) => kind === "screen");
	const main =
		places.find(({ key }) => key === pinned) ?? screen ?? places.find(({ key }) => key === speaking) ?? places[0];
	const view = chosen ?? (screen === undefined ? "grid" : "speaker");
	if (main === undefined || places.length < 2 || view === "grid") return { view: "grid", places };
	return { view: "speaker", main, strip: places.filter(({ key }) => key !== main.key) };
}
