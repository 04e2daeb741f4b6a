import type { ConversationId } from "@sotto/client";
import { useState } from "react";
import { errorWords, useClient } from "../engine/client.tsx";
import { dropGivenLink, useGivenLink } from "../state/given-link.ts";
import { useNavigation } from "../state/route.tsx";
import { words } from "../words/index.ts";
import { TakeText } from "./take-text.tsx";

type AddContactProps = {
	readonly onAdded?: (conversation: ConversationId) => void;
	readonly autoFocus?: boolean;
	readonly titled?: boolean;
};

/** Somebody else's link: pasted, scanned, or the one that was opened. Leads to the conversation. */
export function AddContact({ onAdded, autoFocus = false, titled = true }: AddContactProps) {
	const client = useClient();
	const { go } = useNavigation();
	const given = useGivenLink();
	const [typed, setTyped] = useState<string>();
	const [problem, setProblem] = useState<string>();
	const [busy, setBusy] = useState(false);
	const link = typed ?? given ?? "";

	const add = async (text: string) => {
		if (busy) return;
		setBusy(true);
		setProblem(undefined);
		const added = await client.addContact(text.trim());
		setBusy(false);
		if (!added.ok) return setProblem(errorWords(added.error));
		setTyped("");
		dropGivenLink();
		go({ room: "chats", conversation: added.value.conversation, ledger: false, drawer: undefined });
		onAdded?.(added.value.conversation);
	};

	return (
		<TakeText
			label={words.add.field}
			placeholder={words.add.placeholder}
			value={link}
			onChange={(text) => {
				setTyped(text);
				setProblem(undefined);
			}}
			onTake={(text) => void add(text)}
			action={busy ? words.add.adding : words.add.add}
			scanAction={words.add.scan}
			problem={problem}
			type="url"
			isReadOnly={busy}
			autoFocus={autoFocus}
		>
			{titled ? (
				<div className="add-contact-head">
					<h2>{given === undefined ? words.add.title : words.add.fromAddress}</h2>
					{given === undefined ? null : <p className="small quiet">{words.add.fromAddressBody}</p>}
				</div>
			) : null}
		</TakeText>
	);
}
