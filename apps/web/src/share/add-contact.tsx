import type { ConversationId } from "@sotto/client";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { errorWords, useClient } from "../engine/client.tsx";
import { dropGivenLink, useGivenLink } from "../state/given-link.ts";
import { useNavigation } from "../state/route.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { words } from "../words/index.ts";
import "./share.css";

const Scanner = lazy(() => import("./scanner.tsx"));

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
	const [scanning, setScanning] = useState(false);
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
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void add(link);
	};

	return (
		<form className="add-contact" noValidate onSubmit={submit}>
			{titled ? (
				<div className="add-contact-head">
					<h2>{given === undefined ? words.add.title : words.add.fromAddress}</h2>
					{given === undefined ? null : <p className="small quiet">{words.add.fromAddressBody}</p>}
				</div>
			) : null}
			<Field
				label={words.add.field}
				placeholder={words.add.placeholder}
				value={link}
				onChange={(text) => {
					setTyped(text);
					setProblem(undefined);
				}}
				problem={problem}
				autoComplete="off"
				spellCheck="false"
				type="url"
				isReadOnly={busy}
				autoFocus={autoFocus}
			/>
			<div className="add-contact-row">
				<Button type="submit" look={link.trim() === "" ? "quietly" : "primary"}>
					{busy ? words.add.adding : words.add.add}
				</Button>
				<Button look="plain" icon="qr" onPress={() => setScanning((on) => !on)} aria-expanded={scanning}>
					{words.add.scan}
				</Button>
			</div>
			{scanning ? (
				<Suspense>
					<Scanner
						onText={(text) => {
							setScanning(false);
							setTyped(text);
							void add(text);
						}}
					/>
				</Suspense>
			) : null}
		</form>
	);
}
