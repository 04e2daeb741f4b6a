import type { CallView } from "@sotto/client";
import { useEffect } from "react";
import { useReady } from "../engine/client.tsx";
import { useNavigation } from "../state/route.tsx";
import { ComposedAvatar } from "../ui/conversation-avatar.tsx";
import { Button } from "../ui/button.tsx";
import { say } from "../ui/heard.tsx";
import { durationWords } from "../words/format.ts";
import { words } from "../words/index.ts";
import { dismissCall, endedShowsMs } from "./stage.ts";
import { useStartCall } from "./start-call.ts";

type EndReason = Extract<CallView["phase"], { name: "ended" }>["reason"];

function endedWords(reason: EndReason, name: string): string {
	switch (reason) {
		case "remoteHungUp":
		case "declined":
		case "busy":
		case "missed":
			return words.ended[reason](name);
		case "hungUp":
		case "cancelled":
		case "noAnswer":
		case "failed":
		case "elsewhere":
			return words.ended[reason];
	}
}

/** How a call ended, and what one may want now. */
export function EndedScreen({ call }: { readonly call: CallView }) {
	const { go } = useNavigation();
	const startCall = useStartCall();
	const { conversations } = useReady();
	const { phase } = call;
	// Out of the group is out of its call: there is nobody to call again or to write to.
	const isOut = conversations.find(({ id }) => id === call.conversation)?.phase === "left";
	const ended = phase.name === "ended" ? endedWords(phase.reason, call.title) : "";
	const sentence = isOut ? words.groups.removed : ended;
	const staysMs = endedShowsMs(call);
	const done = () => dismissCall(call.call);

	useEffect(() => say(sentence), [sentence]);
	useEffect(() => {
		if (staysMs === undefined) return;
		const timer = setTimeout(() => dismissCall(call.call), staysMs);
		return () => clearTimeout(timer);
	}, [staysMs, call.call]);

	if (phase.name !== "ended") return null;
	return (
		<section className="call-stage ended" aria-label={words.call.region(call.title)}>
			<div className="ended-who">
				<ComposedAvatar of={call} size={120} />
				<h2>
					<bdi>{sentence}</bdi>
				</h2>
				{phase.durationMs > 0 ? (
					<p className="stage-quiet">{words.ended.lasted(durationWords(phase.durationMs))}</p>
				) : null}
			</div>
			{isOut ? (
				<div className="ended-buttons">
					<Button onPress={done}>{words.common.close}</Button>
				</div>
			) : staysMs === undefined ? (
				<div className="ended-buttons">
					<Button
						look="primary"
						icon="chats"
						onPress={() => {
							done();
							go({ room: "chats", conversation: call.conversation, ledger: false, drawer: undefined });
						}}
					>
						{words.ended.write}
					</Button>
					<Button
						icon={call.video ? "camera" : "phone"}
						onPress={() => {
							done();
							void startCall(call.conversation, call.video);
						}}
					>
						{words.ended.again}
					</Button>
					<Button look="plain" onPress={done}>
						{words.common.close}
					</Button>
				</div>
			) : null}
		</section>
	);
}
