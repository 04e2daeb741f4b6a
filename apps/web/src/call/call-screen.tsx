import type { CallView, PersonView } from "@sotto/client";
import { useEffect, useRef } from "react";
import { DialogTrigger } from "react-aria-components/Dialog";
import { Button as AriaButton } from "react-aria-components/Button";
import { useNow } from "../state/screen.ts";
import { IconButton } from "../ui/button.tsx";
import { Icon, type IconName } from "../ui/icons.tsx";
import { timer } from "../words/format.ts";
import { words } from "../words/index.ts";
import { connectedSince } from "./call-bar.tsx";
import { useCallKeys } from "./call-keys.ts";
import { DevicesPanel } from "./devices-panel.tsx";
import { LinePanel } from "./line-panel.tsx";
import { Preview } from "./preview.tsx";
import type { CallSessionView, DeviceKind, Quality } from "./session.ts";
import { Tiles } from "./tiles.tsx";

export type CallScreenProps = {
	readonly call: CallView;
	readonly me: PersonView;
	readonly media: CallSessionView;
	readonly onMicrophone: (on: boolean) => void;
	readonly onCamera: (on: boolean) => void;
	readonly onDevice: (kind: DeviceKind, id: string) => void;
	readonly onHangUp: () => void;
	readonly onMinimise: () => void;
};

/** The dark stage: those one talks with, oneself small, and one bar. */
export function CallScreen(props: CallScreenProps) {
	const { call, me, media, onMicrophone, onCamera, onDevice, onHangUp } = props;
	const stage = useRef<HTMLElement>(null);
	const microphoneOn = media.microphone.phase === "on";
	const cameraOn = media.camera.phase === "on" || media.camera.phase === "starting";
	const talking = useCallKeys({ microphoneOn, cameraOn, onMicrophone, onCamera, onHangUp });
	// The keys M, V, H and space belong to the stage as long as it is open; so does the focus.
	useEffect(() => stage.current?.focus({ preventScroll: true }), []);

	return (
		<section ref={stage} tabIndex={-1} className="call-stage" aria-label={words.call.region(call.title)}>
			<Head {...props} />
			<Tiles call={call} remotes={media.remotes} status={statusWords(call)} />
			<div className="stage-notes" role="status">
				<Troubles media={media} />
				{talking ? <p className="stage-note">{words.call.talking}</p> : null}
				{!microphoneOn && media.microphone.phase === "off" && !talking ? (
					<p className="stage-note only-keyboard">{words.call.mutedHint}</p>
				) : null}
			</div>
			{media.localStream === undefined ? null : <Preview stream={media.localStream} name={me.name} />}
			<div className="stage-bar" role="toolbar" aria-label={words.call.region(call.title)}>
				<StageButton
					name={microphoneOn && !talking ? words.call.mute : words.call.unmute}
					icon={microphoneOn ? "microphone" : "microphoneOff"}
					isOff={!microphoneOn}
					onPress={() => onMicrophone(!microphoneOn)}
				/>
				<StageButton
					name={cameraOn ? words.call.cameraOff : words.call.cameraOn}
					icon={cameraOn ? "camera" : "cameraOff"}
					isOff={!cameraOn}
					onPress={() => onCamera(!cameraOn)}
				/>
				<DialogTrigger>
					<StageButton name={words.call.devices} icon="settings" />
					<DevicesPanel devices={media.devices} onDevice={onDevice} />
				</DialogTrigger>
				<IconButton
					name={words.call.hangUp}
					icon="hangUp"
					placement="top"
					className="stage-button hang-up"
					onPress={onHangUp}
				/>
			</div>
		</section>
	);
}

function Head({ call, media, onMinimise }: CallScreenProps) {
	const now = useNow(1_000);
	const since = connectedSince(call);
	// The engine may know sooner than the measurements that the line is gone.
	const quality: Quality =
		call.phase.name === "reconnecting" ? { ...media.quality, word: "reconnecting" } : media.quality;
	return (
		<header className="stage-head">
			<IconButton name={words.call.minimise} icon="down" className="stage-plain" onPress={onMinimise} />
			<h2 className="stage-title">
				<bdi className="cut">{call.title}</bdi>
			</h2>
			{since === undefined ? null : (
				<p className="stage-time numbers" role="timer">
					{timer(now - since)}
				</p>
			)}
			{since === undefined ? null : (
				<DialogTrigger>
					<AriaButton
						className="line-button"
						data-word={quality.word}
						aria-label={words.call.line(words.call.quality[quality.word])}
					>
						<span className="line-dot" />
						{words.call.quality[quality.word]}
					</AriaButton>
					<LinePanel quality={quality} />
				</DialogTrigger>
			)}
		</header>
	);
}

type StageButtonProps = {
	readonly name: string;
	readonly icon: IconName;
	readonly isOff?: boolean;
	readonly onPress?: () => void;
};

function StageButton({ name, icon, isOff = false, onPress }: StageButtonProps) {
	return (
		<IconButton
			name={name}
			icon={icon}
			placement="top"
			className={`stage-button ${isOff ? "off" : ""}`}
			{...(onPress === undefined ? {} : { onPress })}
		/>
	);
}

/** What microphone and camera lack, and what to do. */
function Troubles({ media }: { readonly media: CallSessionView }) {
	const sentences = (["microphone", "camera"] as const).flatMap((kind) => {
		const source = media[kind];
		return source.phase === "trouble" ? [words.trouble[kind][source.trouble]] : [];
	});
	return sentences.map((sentence) => (
		<p key={sentence} className="stage-note trouble">
			<Icon name="warning" size={18} />
			{sentence}
		</p>
	));
}

/** What stands under the name while nobody is heard. */
function statusWords(call: CallView): string {
	switch (call.phase.name) {
		case "ringing":
			return words.ringing.outgoing(call.title);
		case "joining":
			return words.call.joining;
		case "reconnecting":
			return words.call.reconnecting;
		case "connected":
		case "ended":
			return "";
	}
}
