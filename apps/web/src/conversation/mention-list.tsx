import type { PersonView } from "@sotto/client";
import { useEffect } from "react";
import { Avatar } from "../ui/avatar.tsx";
import { say } from "../ui/heard.tsx";
import { words } from "../words/index.ts";

type ListProps = {
	readonly id: string;
	readonly people: readonly PersonView[];
	/** Which one Enter takes. */
	readonly chosen: number;
	readonly onChoose: (person: PersonView) => void;
};

export const optionId = (list: string, place: number) => `${list}-${place}`;

/** Whom one may mean by what follows "@". The focus stays in the field; its keys move through this list. */
export function MentionList({ id, people, chosen, onChoose }: ListProps) {
	useEffect(() => say(words.groups.mentionFound(people.length)), [people.length]);
	return (
		<ul id={id} className="mention-list scroll" role="listbox" aria-label={words.groups.mentionList}>
			{people.map((person, place) => (
				<li
					key={person.account}
					id={optionId(id, place)}
					className="mention-option"
					role="option"
					aria-selected={place === chosen}
					// The field keeps the focus, and a phone its keyboard.
					onPointerDown={(event) => event.preventDefault()}
					onClick={() => onChoose(person)}
				>
					<Avatar name={person.name} hue={person.hue} size={28} />
					<bdi className="cut">{person.name}</bdi>
				</li>
			))}
		</ul>
	);
}
