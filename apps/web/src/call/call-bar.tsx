import type { CallView } from "@sotto/client";
import { useClient } from "../engine/client.tsx";
import { useNow } from "../state/screen.ts";
import { ComposedAvatar } from "../ui/conversation-avatar.tsx";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { timer } from "../words/format.ts";
import { words } from "../words/index.ts";
import { ownCall, restoreCall } from "./stage.ts";

type BarProps = {
	readonly call: CallView;
	/** Absent when another tab has the call's media. */
	readonly microphone?: { readonly on: boolean; readonly onToggle: () => void };
};

/** When a call's time began to run; undefined before. */
export function connectedSince(call: CallView): number | undefined {
	if (call.phase.name === "connected") return call.phase.since;
	return call.phase.name === "reconnecting" ? call.phase.connectedAt : undefined;
}

/** The call as a bar over the chats. */
export function CallBar({ call, microphone }: BarProps) {
	const client = useClient();
	const now = useNow(1_000);
	const since = connectedSince(call);
	const back = () => (microphone === undefined ? ownCall({ call: call.call, camera: false }) : restoreCall());
	return (
		<section className="call-bar" aria-label={words.call.region(call.title)}>
			<button type="button" className="call-bar-back" onClick={back}>
				<ComposedAvatar of={call} size={40} />
				<span className="call-bar-who">
					<span className="only-heard">{words.call.restore}: </span>
					<bdi className="cut">{call.title}</bdi>
					<span className="stage-quiet numbers">
						{microphone === undefined
							? words.call.takeOver
							: since === undefined
								? words.call.joining
								: timer(now - since)}
					</span>
				</span>
				<Icon name="down" size={20} />
			</button>
			{microphone === undefined ? null : (
				<IconButton
					name={microphone.on ? words.call.mute : words.call.unmute}
					icon={microphone.on ? "microphone" : "microphoneOff"}
					onPress={microphone.onToggle}
				/>
			)}
			<IconButton
				name={words.call.hangUp}
				icon="hangUp"
				className="hang-up"
				onPress={() => void client.hangUp(call.call)}
			/>
		</section>
	);
}
