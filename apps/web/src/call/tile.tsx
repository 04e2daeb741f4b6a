import { useEffect, useRef } from "react";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import type { Place } from "./layout.ts";

type TileProps = {
	readonly place: Place;
	readonly look: "large" | "grid" | "small";
	/** Words over it, such as that the line dropped; empty for none. */
	readonly status: string;
	/** The place in the row of raised hands, from 1; 0: not raised. */
	readonly hand: number;
	/** Puts it on the stage, or lets it go again. */
	readonly onPin?: (() => void) | undefined;
	readonly pinned?: boolean;
};

/** Below this somebody breathes; above, the tile glows. */
const audibleLevel = 0.35;

/** Somebody, or somebody's screen. */
export function Tile({ place, look, status, hand, onPin, pinned = false }: TileProps) {
	const { kind, remote } = place;
	const { person, participantId } = remote;
	const track = kind === "screen" ? place.track : remote.videoTrack;
	const speaks = kind === "person" && !remote.muted && remote.level > audibleLevel;
	const name = kind === "screen" ? words.call.screenOf(person.name) : person.name;
	return (
		<div
			className={`tile ${look} ${kind} ${speaks ? "speaks" : ""}`}
			data-participant={participantId}
			data-stream={kind === "screen" ? "screen" : "camera"}
		>
			{track === undefined ? (
				<div className="tile-still">
					<Avatar name={person.name} hue={person.hue} size={avatarSizes[look]} />
				</div>
			) : (
				<Picture track={track} name={name} />
			)}
			{status === "" ? null : <p className="stage-status over">{status}</p>}
			{hand === 0 || kind === "screen" ? null : (
				<p className="tile-hand">
					<Icon name="hand" size={18} />
					<span className="only-heard">{words.call.handRaised(person.name)}</span>
					{hand > 1 ? <span aria-hidden="true">{hand}</span> : null}
				</p>
			)}
			<p className="tile-name">
				{kind === "person" && remote.muted ? (
					<>
						<Icon name="microphoneOff" size={16} />
						<span className="only-heard">{words.call.remoteMuted(person.name)}</span>
					</>
				) : null}
				{kind === "screen" ? <Icon name="share" size={16} /> : null}
				<bdi className="cut">{name}</bdi>
			</p>
			{onPin === undefined ? null : (
				<button
					type="button"
					className="tile-pin"
					aria-pressed={pinned}
					aria-label={words.call.putOnStage(name)}
					onClick={onPin}
				/>
			)}
		</div>
	);
}

type SelfProps = {
	readonly self: { readonly stream: MediaStream; readonly muted: boolean };
	readonly look: "grid" | "small";
};

/** Oneself among the others, mirrored as one knows oneself. */
export function SelfTile({ self: { stream, muted }, look }: SelfProps) {
	const element = useRef<HTMLVideoElement>(null);
	useEffect(() => {
		if (element.current === null) return;
		element.current.srcObject = stream;
		void element.current.play().catch(() => undefined);
	}, [stream]);
	return (
		<div className={`tile self ${look}`}>
			<video
				ref={element}
				className="tile-picture"
				autoPlay
				playsInline
				muted
				aria-label={words.common.you}
				data-local="video"
			/>
			<p className="tile-name">
				{muted ? <Icon name="microphoneOff" size={16} /> : null}
				<span className="cut">{words.common.you}</span>
			</p>
		</div>
	);
}

const avatarSizes = { large: 148, grid: 88, small: 48 } as const;

function Picture({ track, name }: { readonly track: MediaStreamTrack; readonly name: string }) {
	const element = useRef<HTMLVideoElement>(null);
	useEffect(() => {
		const video = element.current;
		if (video === null) return;
		video.srcObject = new MediaStream([track]);
		void video.play().catch(() => undefined);
		return () => {
			video.srcObject = null;
		};
	}, [track]);
	return (
		<video ref={element} className="tile-picture" autoPlay playsInline muted aria-label={name} data-remote="video" />
	);
}
