import { DialogTrigger } from "react-aria-components/Dialog";
import { IconButton } from "../ui/button.tsx";
import type { IconName } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import { DevicesPanel } from "./devices-panel.tsx";
import { ReactionsPanel } from "./reactions.tsx";
import type { CallControls, CallSessionView } from "./session.ts";

type BarProps = {
	readonly title: string;
	readonly media: CallSessionView;
	readonly controls: CallControls;
	/** Held by the space bar: what the button shows is not what it does then. */
	readonly talking: boolean;
	readonly onHangUp: () => void;
};

/** Phones share no screen. */
export const canShareScreen = () =>
	"getDisplayMedia" in ((navigator as { mediaDevices?: MediaDevices }).mediaDevices ?? {});

/** Everything one does in a call, in one row. */
export function StageBar({ title, media, controls, talking, onHangUp }: BarProps) {
	const microphoneOn = media.microphone.phase === "on";
	const cameraOn = media.camera.phase === "on" || media.camera.phase === "starting";
	const handRaised = media.handRaisedAt !== undefined;
	return (
		<div className="stage-bar" role="toolbar" aria-label={words.call.region(title)}>
			<StageButton
				name={microphoneOn && !talking ? words.call.mute : words.call.unmute}
				icon={microphoneOn ? "microphone" : "microphoneOff"}
				look={microphoneOn ? "" : "off"}
				onPress={() => controls.setMicrophone(!microphoneOn)}
			/>
			<StageButton
				name={cameraOn ? words.call.cameraOff : words.call.cameraOn}
				icon={cameraOn ? "camera" : "cameraOff"}
				look={cameraOn ? "" : "off"}
				onPress={() => controls.setCamera(!cameraOn)}
			/>
			{canShareScreen() ? (
				<StageButton
					name={media.sharing ? words.call.stopSharing : words.call.shareScreen}
					icon="share"
					look={media.sharing ? "active" : ""}
					onPress={() => controls.setScreen(!media.sharing)}
				/>
			) : null}
			<StageButton
				name={handRaised ? words.call.lowerHand : words.call.raiseHand}
				icon="hand"
				look={`roomy ${handRaised ? "active" : ""}`}
				onPress={() => controls.setHand(!handRaised)}
			/>
			<DialogTrigger>
				<StageButton name={words.call.react} icon="smile" />
				<ReactionsPanel handRaised={handRaised} onHand={controls.setHand} onReact={controls.react} />
			</DialogTrigger>
			<DialogTrigger>
				<StageButton name={words.call.devices} icon="settings" />
				<DevicesPanel devices={media.devices} onDevice={controls.chooseDevice} />
			</DialogTrigger>
			<IconButton
				name={words.call.hangUp}
				icon="hangUp"
				placement="top"
				className="stage-button hang-up"
				onPress={onHangUp}
			/>
		</div>
	);
}

type ButtonProps = {
	readonly name: string;
	readonly icon: IconName;
	readonly look?: string;
	readonly onPress?: () => void;
};

function StageButton({ name, icon, look = "", onPress }: ButtonProps) {
	return (
		<IconButton
			name={name}
			icon={icon}
			placement="top"
			className={`stage-button ${look}`}
			{...(onPress === undefined ? {} : { onPress })}
		/>
	);
}
