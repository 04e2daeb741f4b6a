import type { AccountId } from "@sotto/client";
import { type FormEvent, useState } from "react";
import { useClient } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { useNavigation } from "../state/route.tsx";
import { Button } from "../ui/button.tsx";
import { Field, Problem } from "../ui/field.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { words } from "../words/index.ts";
import { PeoplePicker, useContacts } from "./people-picker.tsx";
import { PictureButton } from "./picture-button.tsx";
import "./groups.css";

/** A name, a picture if one likes, and who belongs to it. */
export default function NewGroup({ onClose }: { readonly onClose: () => void }) {
	const client = useClient();
	const { go } = useNavigation();
	const contacts = useContacts();
	const { busy, problem, setProblem, run } = useCommand();
	const [name, setName] = useState("");
	const [nameProblem, setNameProblem] = useState<string>();
	const [picture, setPicture] = useState<Uint8Array<ArrayBuffer>>();
	const [people, setPeople] = useState<readonly AccountId[]>([]);

	const create = async (event: FormEvent) => {
		event.preventDefault();
		if (busy) return;
		const trimmed = name.trim();
		setNameProblem(trimmed === "" ? words.groups.nameMissing : undefined);
		if (trimmed === "") return;
		if (people.length === 0) return setProblem(words.groups.nobodyPicked);
		const made = await run(
			client.createGroup({ name: trimmed, people, ...(picture === undefined ? {} : { picture }) }),
		);
		if (!made.ok) return;
		onClose();
		go({ room: "chats", conversation: made.value.conversation, ledger: false, drawer: undefined });
	};
	return (
		<Sheet title={words.groups.title} onClose={onClose}>
			<form className="new-group" noValidate onSubmit={(event) => void create(event)}>
				<div className="new-group-head">
					<PictureButton size={72} onPicked={setPicture} onProblem={setProblem} />
					<Field
						label={words.groups.name}
						placeholder={words.groups.namePlaceholder}
						value={name}
						onChange={(text) => {
							setName(text);
							setNameProblem(undefined);
						}}
						problem={nameProblem}
						maxLength={64}
						autoComplete="off"
						autoFocus
						isReadOnly={busy}
					/>
				</div>
				<fieldset className="new-group-people">
					<legend className="label">{words.groups.who}</legend>
					<PeoplePicker
						people={contacts}
						picked={people}
						onChange={(picked) => {
							setPeople(picked);
							setProblem(undefined);
						}}
						empty={words.groups.nobodyToPick}
					/>
				</fieldset>
				<Problem text={problem} />
				<Button type="submit" look="primary" isDisabled={busy}>
					{busy ? words.groups.creating : words.groups.create}
				</Button>
			</form>
		</Sheet>
	);
}
