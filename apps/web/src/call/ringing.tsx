import type { CallView } from "@sotto/client";
import { useState } from "react";
import { useClient } from "../engine/client.tsx";
import { Button } from "../ui/button.tsx";
import { ComposedAvatar } from "../ui/conversation-avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import { incomingWords } from "./ringing-words.ts";
import { useAnswerCall } from "./start-call.ts";

type RingingProps = {
	readonly call: CallView;
	/** A card at the side of a wide screen; all of a phone otherwise. */
	readonly card: boolean;
};

/** Somebody calls. Takes no focus: whoever is writing goes on writing. */
export function Ringing({ call, card }: RingingProps) {
	const client = useClient();
	const answer = useAnswerCall();
	const [replying, setReplying] = useState(false);
	const other = !call.video;
	return (
		<section className={`ringing ${card ? "card" : "whole"}`} aria-label={words.ringing.region}>
			<div className="ringing-who">
				<span className="ringing-avatar">
					<ComposedAvatar of={call} size={card ? 56 : 132} />
				</span>
				<div className="ringing-text">
					<h2>
						<bdi>{incomingWords(call)}</bdi>
					</h2>
					<p className={card ? "small quiet" : "stage-quiet"}>{call.video ? words.calls.video : words.calls.audio}</p>
				</div>
			</div>
			{replying ? (
				<ul className="replies">
					{words.ringing.replies.map((reply) => (
						<li key={reply}>
							<Button compact={card} onPress={() => void client.declineCall(call.call, reply)}>
								{reply}
							</Button>
						</li>
					))}
				</ul>
			) : null}
			<div className="ringing-main">
				<Button look="danger" icon="hangUp" onPress={() => void client.declineCall(call.call)}>
					{words.ringing.decline}
				</Button>
				<Button
					look="primary"
					icon={call.video ? "camera" : "phone"}
					onPress={() => void answer(call.call, call.video)}
				>
					{words.ringing.answer}
				</Button>
			</div>
			<div className="ringing-other">
				<Button look="plain" compact aria-expanded={replying} onPress={() => setReplying((on) => !on)}>
					{words.ringing.replyInstead}
				</Button>
				<Button look="plain" compact onPress={() => void answer(call.call, other)}>
					<Icon name={other ? "camera" : "phone"} size={18} />
					{other ? words.ringing.withPicture : words.ringing.soundOnly}
				</Button>
			</div>
		</section>
	);
}
