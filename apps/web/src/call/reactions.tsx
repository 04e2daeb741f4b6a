import { type CSSProperties, useEffect, useRef } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { Button } from "../ui/button.tsx";
import { say } from "../ui/heard.tsx";
import { words } from "../words/index.ts";
import { handsUp } from "./media-picture.ts";
import { type RemoteParticipant, reactions, type ShownReaction } from "./session.ts";

/** Reactions float up from the foot of the stage, with the name of whoever sent them, and are gone. */
export function FloatingReactions({ shown }: { readonly shown: readonly ShownReaction[] }) {
	return (
		<div className="reactions" aria-hidden="true">
			{shown.map(({ id, person, emoji }) => (
				<span key={id} className="reaction" style={{ "--lane": laneOf(id) } as CSSProperties}>
					<span className="reaction-emoji">{emoji}</span>
					<bdi className="reaction-name cut">{person?.name ?? words.common.you}</bdi>
				</span>
			))}
		</div>
	);
}

/** Five lanes, so that several at once do not cover one another. */
function laneOf(id: string): number {
	let sum = 0;
	for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 5;
	return sum;
}

type PanelProps = {
	readonly handRaised: boolean;
	readonly onHand: (raised: boolean) => void;
	readonly onReact: (emoji: string) => void;
};

/** The reactions there are, and one's hand. Stays open: applause is more than one clap. */
export function ReactionsPanel({ handRaised, onHand, onReact }: PanelProps) {
	return (
		<Popover className="stage-pop reactions-pop" placement="top" offset={12}>
			<Dialog aria-label={words.call.react}>
				<div className="reaction-choices">
					{reactions.map((emoji) => (
						<button
							key={emoji}
							type="button"
							className="reaction-choice"
							aria-label={words.call.reaction[emoji]}
							onClick={() => onReact(emoji)}
						>
							{emoji}
						</button>
					))}
				</div>
				<Button icon="hand" className="hand-button" aria-pressed={handRaised} onPress={() => onHand(!handRaised)}>
					{handRaised ? words.call.lowerHand : words.call.raiseHand}
				</Button>
			</Dialog>
		</Popover>
	);
}

/** Says to those who do not look what the others show: a hand, a reaction, a screen. */
export function useSignsHeard(remotes: readonly RemoteParticipant[], shown: readonly ShownReaction[]): void {
	const known = useRef<ReadonlySet<string>>(new Set());
	useEffect(() => {
		const now = new Map([
			...handsUp(remotes).map(({ key, person }) => [`hand ${key}`, words.call.handRaised(person.name)] as const),
			...remotes.flatMap(({ key, person, screenTrack }) =>
				screenTrack === undefined ? [] : [[`screen ${key}`, words.call.sharesScreen(person.name)] as const],
			),
			...shown.flatMap(({ id, person, emoji }) =>
				person === undefined ? [] : [[id, words.call.reacted(person.name, emoji)] as const],
			),
		]);
		const isNew = [...now].filter(([id]) => !known.current.has(id));
		known.current = new Set(now.keys());
		if (isNew.length > 0) say(isNew.map(([, sentence]) => sentence).join(" "));
	}, [remotes, shown]);
}
