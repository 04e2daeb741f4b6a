import { useEffect, useRef } from "react";
import type { RemoteParticipant } from "./session.ts";

type RemoteAudioProps = { readonly remotes: readonly RemoteParticipant[]; readonly speaker: string | undefined };

/** Everybody else's sound. Apart from the tiles, so that it goes on while the call is a bar. */
export function RemoteAudio({ remotes, speaker }: RemoteAudioProps) {
	return remotes.map(({ key, audioTrack }) =>
		audioTrack === undefined ? null : <Sound key={key} track={audioTrack} speaker={speaker} />,
	);
}

function Sound({ track, speaker }: { readonly track: MediaStreamTrack; readonly speaker: string | undefined }) {
	const element = useRef<HTMLAudioElement>(null);
	useEffect(() => {
		const audio = element.current;
		if (audio === null) return;
		audio.srcObject = new MediaStream([track]);
		// A reloaded page may not sound until it is touched: then it does.
		const play = () => void audio.play().catch(() => addEventListener("pointerdown", play, { once: true }));
		play();
		return () => {
			removeEventListener("pointerdown", play);
			audio.srcObject = null;
		};
	}, [track]);
	useEffect(() => {
		const audio = element.current;
		if (speaker === undefined || audio === null || !("setSinkId" in audio)) return;
		void audio.setSinkId(speaker).catch(() => undefined);
	}, [speaker]);
	return <audio ref={element} autoPlay data-remote="audio" />;
}
