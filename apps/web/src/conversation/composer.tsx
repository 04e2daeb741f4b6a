import type { ConversationView } from "@sotto/client";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { errorWords, useClient } from "../engine/client.tsx";
import { draftOf, keepDraft } from "../state/drafts.ts";
import { IconButton } from "../ui/button.tsx";
import { Problem } from "../ui/field.tsx";
import { words } from "../words/index.ts";
import { MentionList, optionId } from "./mention-list.tsx";
import { useMentions } from "./use-mentions.ts";

type ComposerProps = {
	readonly conversation: ConversationView;
	/** Not on a phone, where the keyboard would come up by itself. */
	readonly takesFocus: boolean;
};

/** The field to write in. Enter sends, Shift and Enter makes a new line; what is not sent stays as a draft. */
export function Composer({ conversation, takesFocus }: ComposerProps) {
	const client = useClient();
	const field = useRef<HTMLTextAreaElement>(null);
	const [text, setText] = useState(() => draftOf(conversation.id));
	const [problem, setProblem] = useState<string>();
	const id = useId();

	useEffect(() => {
		if (takesFocus) field.current?.focus({ preventScroll: true });
	}, [takesFocus]);
	useLayoutEffect(() => fit(field.current), [text]);

	const write = (next: string) => {
		setText(next);
		setProblem(undefined);
		keepDraft(conversation.id, next);
	};
	const mentions = useMentions(conversation, field, text, write);
	const send = async () => {
		const words = text;
		if (words.trim() === "") return field.current?.focus();
		const mentioned = mentions.mentionedIn(words);
		write("");
		field.current?.focus();
		const sent = await client.sendMessage(
			conversation.id,
			words,
			...(mentioned.length === 0 ? [] : [{ mentions: mentioned }]),
		);
		if (sent.ok) return;
		// Nothing is lost: the words come back into the field, before anything typed since.
		const since = draftOf(conversation.id);
		write(since === "" ? words : `${words}\n${since}`);
		setProblem(errorWords(sent.error));
	};
	const onKeyDown = (event: KeyboardEvent) => {
		if (mentions.takesKey(event)) return;
		if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
		event.preventDefault();
		void send();
	};

	const stopped = conversation.phase === "stopped";
	const list = `${id}-mentions`;
	const listed = mentions.found.length > 0;
	return (
		<div className="composer">
			<Problem text={problem} />
			{listed ? (
				<MentionList id={list} people={mentions.found} chosen={mentions.chosen} onChoose={mentions.choose} />
			) : null}
			<div className="composer-row">
				<label className="only-heard" htmlFor={id}>
					{words.conversation.field}
				</label>
				<textarea
					id={id}
					ref={field}
					className="composer-field scroll"
					rows={1}
					dir="auto"
					enterKeyHint="send"
					placeholder={words.conversation.placeholder(conversation.title)}
					value={text}
					disabled={stopped}
					{...(conversation.kind === "group" ? { "aria-autocomplete": "list" } : {})}
					{...(listed ? { "aria-controls": list, "aria-activedescendant": optionId(list, mentions.chosen) } : {})}
					onChange={(event) => {
						write(event.target.value);
						mentions.track();
					}}
					onSelect={mentions.track}
					onKeyDown={onKeyDown}
				/>
				<IconButton
					name={words.conversation.send}
					icon="send"
					placement="top"
					className={`composer-send ${text.trim() === "" ? "" : "ready"}`}
					isDisabled={stopped}
					preventFocusOnPress
					onPress={() => void send()}
				/>
			</div>
		</div>
	);
}

/** Where the browser cannot size a field by its content, it is done here. */
function fit(field: HTMLTextAreaElement | null): void {
	if (field === null || CSS.supports("field-sizing", "content")) return;
	field.style.height = "auto";
	field.style.height = `${field.scrollHeight}px`;
}
