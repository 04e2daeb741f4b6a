import type { CallView } from "@sotto/client";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useClient, useReady } from "../engine/client.tsx";
import { notice } from "../ui/notice.tsx";
import { words } from "../words/index.ts";
import { CallBar } from "./call-bar.tsx";
import { CallScreen } from "./call-screen.tsx";
import { RemoteAudio } from "./remote-audio.tsx";
import type { CallControls, CallSession, CallSessionView, StartCallSession } from "./session.ts";
import { disownCall, minimiseCall, type OwnCall } from "./stage.ts";

type LiveProps = {
	readonly call: CallView;
	readonly own: OwnCall;
	readonly minimised: boolean;
	readonly loadCallSession: () => Promise<StartCallSession>;
};

/** Before the media's code has been loaded. */
const nothingYet: CallSessionView = {
	localStream: undefined,
	remotes: [],
	speaking: undefined,
	reactions: [],
	handRaisedAt: undefined,
	sharing: false,
	outOfStep: false,
	microphone: { phase: "starting" },
	camera: { phase: "off" },
	quality: { word: "measuring", samples: [] },
	devices: { microphones: [], cameras: [], speakers: [], chosen: {} },
};

/** A call whose media is in this page: keeps it going whether it fills the screen or is a bar. */
export function LiveCall({ call, own, minimised, loadCallSession }: LiveProps) {
	const client = useClient();
	const { me } = useReady();
	const session = useSession(own, loadCallSession);
	const view = useSessionView(session);
	const controls = useMemo(() => controlsOf(session), [session]);
	const microphoneOn = view.microphone.phase === "on";

	if (minimised)
		return (
			<>
				<RemoteAudio remotes={view.remotes} speaker={view.devices.chosen.speaker} />
				<CallBar call={call} microphone={{ on: microphoneOn, onToggle: () => controls.setMicrophone(!microphoneOn) }} />
			</>
		);
	return (
		<>
			<RemoteAudio remotes={view.remotes} speaker={view.devices.chosen.speaker} />
			<CallScreen
				call={call}
				me={me}
				media={view}
				controls={controls}
				onHangUp={() => void client.hangUp(call.call)}
				onMinimise={() => minimiseCall(call.call)}
			/>
		</>
	);
}

/** Do nothing before the session is there. */
function controlsOf(session: CallSession | undefined): CallControls {
	return {
		setMicrophone: (on) => session?.setMicrophone(on),
		setCamera: (on) => session?.setCamera(on),
		chooseDevice: (kind, id) => session?.chooseDevice(kind, id),
		setScreen: (on) => session?.setScreen(on),
		setHand: (raised) => session?.setHand(raised),
		react: (emoji) => session?.react(emoji),
		show: (tiles) => session?.show(tiles),
	};
}

/** The session of this call, from mounting to unmounting. */
function useSession(own: OwnCall, loadCallSession: () => Promise<StartCallSession>): CallSession | undefined {
	const client = useClient();
	const [session, setSession] = useState<CallSession>();
	const { call, camera } = own;
	useEffect(() => {
		let current = true;
		let started: CallSession | undefined;
		loadCallSession().then(
			(start) => {
				if (!current) return;
				started = start({ client, call, microphone: true, camera, onTaken: () => disownCall(call) });
				setSession(started);
			},
			() => {
				if (current) notice(words.ended.failed);
			},
		);
		return () => {
			current = false;
			started?.close();
			setSession(undefined);
		};
	}, [client, call, camera, loadCallSession]);
	return session;
}

function useSessionView(session: CallSession | undefined): CallSessionView {
	const subscribe = useCallback((listener: () => void) => session?.subscribe(listener) ?? (() => undefined), [session]);
	return useSyncExternalStore(subscribe, () => session?.snapshot() ?? nothingYet);
}
