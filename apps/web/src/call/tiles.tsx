import type { CallView } from "@sotto/client";
import { useEffect, useRef } from "react";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import type { RemoteParticipant } from "./session.ts";

type TilesProps = {
	readonly call: CallView;
	readonly remotes: readonly RemoteParticipant[];
	readonly status: string;
};

/** Everybody else: one fills the stage, several share it. Before anybody is there, the person called. */
export function Tiles({ call, remotes, status }: TilesProps) {
	if (remotes.length === 0)
		return (
			<div className="tiles">
				<div className="tile waiting">
					<span className={call.phase.name === "ringing" ? "ringing-avatar" : ""}>
						<Avatar name={call.title} hue={call.people[0]?.hue ?? 195} size={132} />
					</span>
					<p className="stage-status">
						<bdi>{status}</bdi>
					</p>
				</div>
			</div>
		);
	return (
		<div className={`tiles ${remotes.length > 1 ? "several" : ""}`} data-count={Math.min(remotes.length, 9)}>
			{remotes.map((remote) => (
				<Tile key={remote.key} remote={remote} status={status} alone={remotes.length === 1} />
			))}
		</div>
	);
}

type TileProps = { readonly remote: RemoteParticipant; readonly status: string; readonly alone: boolean };

function Tile({ remote, status, alone }: TileProps) {
	const { person, videoTrack, muted } = remote;
	return (
		<div className="tile">
			{videoTrack === undefined ? (
				<div className="tile-still">
					<Avatar name={person.name} hue={person.hue} size={alone ? 148 : 88} />
				</div>
			) : (
				<Picture track={videoTrack} name={person.name} />
			)}
			{status === "" ? null : <p className="stage-status over">{status}</p>}
			<p className="tile-name">
				{muted === true ? (
					<>
						<Icon name="microphoneOff" size={16} />
						<span className="only-heard">{words.call.remoteMuted(person.name)}</span>
					</>
				) : null}
				<bdi className="cut">{person.name}</bdi>
			</p>
		</div>
	);
}

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
