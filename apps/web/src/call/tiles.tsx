import type { CallView } from "@sotto/client";
import { type CSSProperties, type RefObject, useLayoutEffect, useState } from "react";
import { ComposedAvatar } from "../ui/conversation-avatar.tsx";
import { gridFor } from "./grid.ts";
import type { Layout, Place } from "./layout.ts";
import { handsUp } from "./media-picture.ts";
import type { RemoteParticipant, ShownTile } from "./session.ts";
import { useShown } from "./shown.ts";
import { SelfTile, Tile } from "./tile.tsx";

/** One's own picture, where it stands among the others'. */
export type Self = { readonly stream: MediaStream; readonly muted: boolean };

type TilesProps = {
	readonly call: CallView;
	readonly self: Self | undefined;
	readonly remotes: readonly RemoteParticipant[];
	readonly layout: Layout;
	/** The key of the place that was put on the stage by hand. */
	readonly pinned: string | undefined;
	readonly status: string;
	readonly onPin: (key: string | undefined) => void;
	readonly onShow: (tiles: readonly ShownTile[]) => void;
};

/** Everybody else. Before anybody is there, whom one calls. */
export function Tiles({ call, self, remotes, layout, pinned, status, onPin, onShow }: TilesProps) {
	const place = useShown(onShow);
	const { places, main, strip } = sortedOut(layout);
	const grid = useGrid(place, places.length + (self === undefined ? 0 : 1));
	const hands = handsUp(remotes);
	const handOf = ({ remote }: Place) => hands.indexOf(remote) + 1;
	const pinOf = (key: string) => () => onPin(key === pinned ? undefined : key);
	if (remotes.length === 0) return <Waiting call={call} status={status} />;
	if (main === undefined)
		return (
			<div
				ref={place}
				className={`tiles ${grid.scrolls ? "scrolls" : ""}`}
				style={{ "--tile-width": `${grid.tile.width}px`, "--tile-height": `${grid.tile.height}px` } as CSSProperties}
				tabIndex={grid.scrolls ? 0 : undefined}
			>
				{places.map((one) => (
					<Tile
						key={one.key}
						place={one}
						look={places.length === 1 ? "large" : "grid"}
						status={status}
						hand={handOf(one)}
					/>
				))}
				{self === undefined ? null : <SelfTile self={self} look="grid" />}
			</div>
		);
	return (
		<div ref={place} className="tiles speaker-view">
			<Tile
				key={main.key}
				place={main}
				look="large"
				status={status}
				hand={handOf(main)}
				pinned={main.key === pinned}
				onPin={main.key === pinned ? pinOf(main.key) : undefined}
			/>
			<div className="strip">
				{self === undefined ? null : <SelfTile self={self} look="small" />}
				{strip.map((one) => (
					<Tile key={one.key} place={one} look="small" status="" hand={handOf(one)} onPin={pinOf(one.key)} />
				))}
			</div>
		</div>
	);
}

function sortedOut(layout: Layout): {
	readonly places: readonly Place[];
	readonly main: Place | undefined;
	readonly strip: readonly Place[];
} {
	if (layout.view === "grid") return { places: layout.places, main: undefined, strip: [] };
	return { places: [], main: layout.main, strip: layout.strip };
}

function Waiting({ call, status }: { readonly call: CallView; readonly status: string }) {
	return (
		<div className="tiles">
			<div className="tile waiting">
				<span className={call.phase.name === "ringing" ? "ringing-avatar" : ""}>
					<ComposedAvatar of={call} size={132} />
				</span>
				<p className="stage-status">
					<bdi>{status}</bdi>
				</p>
			</div>
		</div>
	);
}

/** The grid for so many tiles on a stage of the size that it has now. */
function useGrid(place: RefObject<HTMLElement | null>, count: number) {
	const [stage, setStage] = useState({ width: 0, height: 0 });
	useLayoutEffect(() => {
		const element = place.current;
		if (element === null) return;
		const measure = () => {
			const { paddingLeft, paddingRight, paddingTop, paddingBottom } = getComputedStyle(element);
			const width = element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
			const height = element.clientHeight - Number.parseFloat(paddingTop) - Number.parseFloat(paddingBottom);
			setStage((was) => (was.width === width && was.height === height ? was : { width, height }));
		};
		measure();
		const observer = new ResizeObserver(measure);
		observer.observe(element);
		return () => observer.disconnect();
	}, [place, count]);
	return gridFor(count, stage);
}
