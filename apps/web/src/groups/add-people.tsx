import type { AccountId, ConversationView } from "@sotto/client";
import { useState } from "react";
import { useClient } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { Button } from "../ui/button.tsx";
import { Problem } from "../ui/field.tsx";
import { notice } from "../ui/notice.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { words } from "../words/index.ts";
import { PeoplePicker, useContacts } from "./people-picker.tsx";

type AddProps = { readonly conversation: ConversationView; readonly onClose: () => void };

/** Contacts who are not in the group yet. */
export function AddPeople({ conversation, onClose }: AddProps) {
	const client = useClient();
	const contacts = useContacts();
	const { busy, problem, setProblem, run } = useCommand();
	const [picked, setPicked] = useState<readonly AccountId[]>([]);
	const inside = new Set(conversation.members.map(({ account }) => account));
	const outside = contacts.filter(({ account }) => !inside.has(account));
	const add = async () => {
		if (picked.length === 0) return setProblem(words.groups.nobodyPicked);
		const added = await run(client.addPeople(conversation.id, picked));
		if (!added.ok) return;
		notice(words.groups.added);
		onClose();
	};
	return (
		<Sheet title={words.groups.addPeople} onClose={onClose}>
			<PeoplePicker
				people={outside}
				picked={picked}
				onChange={(next) => {
					setPicked(next);
					setProblem(undefined);
				}}
				empty={contacts.length === 0 ? words.groups.nobodyToPick : words.groups.everybodyIn}
			/>
			<Problem text={problem} />
			{outside.length === 0 ? null : (
				<Button look="primary" isDisabled={busy} onPress={() => void add()}>
					{words.groups.add(picked.length)}
				</Button>
			)}
		</Sheet>
	);
}
