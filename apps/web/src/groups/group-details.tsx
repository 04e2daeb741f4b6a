import type { ConversationView } from "@sotto/client";
import { useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useClient } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { useNavigation } from "../state/route.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { ConversationAvatar } from "../ui/conversation-avatar.tsx";
import { Field, Problem } from "../ui/field.tsx";
import { Icon } from "../ui/icons.tsx";
import { notice } from "../ui/notice.tsx";
import { words } from "../words/index.ts";
import { AddPeople } from "./add-people.tsx";
import { MemberRow } from "./member-row.tsx";
import { readPicture } from "./picture-button.tsx";
import "./groups.css";

type DetailsProps = { readonly conversation: ConversationView };

/** Everything about a group: its face and name, who is in it, the way out. */
export function GroupDetails({ conversation }: DetailsProps) {
	const { members, myRole, phase } = conversation;
	const mayChange = myRole === "admin" && phase === "active";
	const [adding, setAdding] = useState(false);
	return (
		<div className="group-details">
			<GroupFace conversation={conversation} mayChange={mayChange} />
			<section className="members" aria-label={words.groups.memberList}>
				<ul>
					{mayChange ? (
						<li>
							<button type="button" className="member-add" onClick={() => setAdding(true)}>
								<span className="member-add-icon">
									<Icon name="plus" size={20} />
								</span>
								{words.groups.addPeople}
							</button>
						</li>
					) : null}
					{members.map((member) => (
						<li key={member.account}>
							<MemberRow conversation={conversation} member={member} mayChange={mayChange} />
						</li>
					))}
				</ul>
				{members.length <= 1 && phase === "active" ? (
					<p className="small quiet members-note">{words.groups.alone}</p>
				) : null}
				{!mayChange && phase === "active" ? (
					<p className="small quiet members-note">{words.groups.onlyAdmins}</p>
				) : null}
			</section>
			<WayOut conversation={conversation} />
			{adding ? <AddPeople conversation={conversation} onClose={() => setAdding(false)} /> : null}
		</div>
	);
}

type FaceProps = DetailsProps & { readonly mayChange: boolean };

function GroupFace({ conversation, mayChange }: FaceProps) {
	const [renaming, setRenaming] = useState(false);
	const { title, members } = conversation;
	return (
		<div className="person-details">
			{mayChange ? (
				<ChangeablePicture conversation={conversation} />
			) : (
				<ConversationAvatar conversation={conversation} size={96} />
			)}
			{renaming ? (
				<Rename conversation={conversation} onDone={() => setRenaming(false)} />
			) : (
				<h3>
					<bdi>{title}</bdi>
					{mayChange ? <IconButton name={words.groups.rename} icon="pen" onPress={() => setRenaming(true)} /> : null}
				</h3>
			)}
			<p className="small quiet">{words.groups.members(members.length)}</p>
		</div>
	);
}

function Rename({ conversation, onDone }: DetailsProps & { readonly onDone: () => void }) {
	const client = useClient();
	const { busy, problem, run } = useCommand();
	const [name, setName] = useState(conversation.title);
	const rename = async () => {
		const trimmed = name.trim();
		if (trimmed === conversation.title) return onDone();
		const renamed = await run(client.renameGroup(conversation.id, trimmed));
		if (renamed.ok) onDone();
	};
	return (
		<form
			className="group-rename"
			onSubmit={(event) => {
				event.preventDefault();
				void rename();
			}}
			onKeyDown={(event) => event.key === "Escape" && onDone()}
		>
			<Field label={words.groups.name} value={name} onChange={setName} problem={problem} maxLength={64} autoFocus />
			<div className="group-rename-buttons">
				<Button compact onPress={onDone}>
					{words.common.cancel}
				</Button>
				<Button compact type="submit" look="primary" isDisabled={busy}>
					{words.groups.save}
				</Button>
			</div>
		</form>
	);
}

function ChangeablePicture({ conversation }: DetailsProps) {
	const client = useClient();
	const { problem, setProblem, run } = useCommand();
	const change = async (files: FileList | null) => {
		if (files === null || files.length === 0) return;
		const picked = await readPicture(files);
		if (picked === undefined) return setProblem(words.groups.pictureUnreadable);
		picked.picture.close();
		const changed = await run(client.setGroupPicture(conversation.id, picked.bytes));
		if (changed.ok) notice(words.groups.pictureChanged);
	};
	return (
		<>
			<div className="group-picture">
				<ConversationAvatar conversation={conversation} size={96} />
				{conversation.pictureId === undefined ? (
					<FileTrigger acceptedFileTypes={["image/*"]} onSelect={(files) => void change(files)}>
						<IconButton name={words.groups.picture} icon="image" className="group-picture-change" />
					</FileTrigger>
				) : (
					<PictureMenu
						onChoose={(files) => void change(files)}
						onTakeAway={() => void run(client.setGroupPicture(conversation.id, undefined))}
					/>
				)}
			</div>
			<Problem text={problem} />
		</>
	);
}

type PictureMenuProps = { readonly onChoose: (files: FileList | null) => void; readonly onTakeAway: () => void };

function PictureMenu({ onChoose, onTakeAway }: PictureMenuProps) {
	// The menu is gone before the file is chosen: the input stands outside of it.
	const [input, setInput] = useState<HTMLInputElement | null>(null);
	return (
		<>
			<input
				ref={setInput}
				type="file"
				accept="image/*"
				hidden
				onChange={(event) => {
					onChoose(event.target.files);
					event.target.value = "";
				}}
			/>
			<MenuTrigger>
				<AriaButton className="icon-button group-picture-change" aria-label={words.groups.pictureChange}>
					<Icon name="image" />
				</AriaButton>
				<Popover className="menu-pop">
					<Menu className="menu">
						<MenuItem className="menu-item" onAction={() => input?.click()}>
							<Icon name="image" size={19} />
							{words.groups.picture}
						</MenuItem>
						<MenuItem className="menu-item danger-plain" onAction={onTakeAway}>
							<Icon name="trash" size={19} />
							{words.groups.pictureTakeAway}
						</MenuItem>
					</Menu>
				</Popover>
			</MenuTrigger>
		</>
	);
}

/** Leaving; and once one has left, taking the conversation away. */
function WayOut({ conversation }: DetailsProps) {
	const client = useClient();
	const [asking, setAsking] = useState(false);
	const { title, phase } = conversation;
	if (phase === "left") return <DeleteConversation conversation={conversation} />;
	return (
		<div className="way-out">
			<Button look="danger-plain" icon="leave" onPress={() => setAsking(true)}>
				{words.groups.leave}
			</Button>
			{asking ? (
				<Confirm
					title={words.groups.leaveTitle(title)}
					body={words.groups.leaveBody}
					action={words.groups.leaveDo}
					onAct={() => client.leaveGroup(conversation.id)}
					onClose={() => setAsking(false)}
				/>
			) : null}
		</div>
	);
}

/** Takes a conversation that was left off this account's devices, after asking. */
export function DeleteConversation({ conversation }: DetailsProps) {
	const client = useClient();
	const { replace } = useNavigation();
	const [asking, setAsking] = useState(false);
	const remove = async () => {
		const removed = await client.deleteConversation(conversation.id);
		if (removed.ok) {
			replace({ conversation: undefined, drawer: undefined });
			notice(words.groups.deleted);
		}
		return removed;
	};
	return (
		<div className="way-out">
			<Button look="danger-plain" icon="trash" onPress={() => setAsking(true)}>
				{words.groups.delete}
			</Button>
			{asking ? (
				<Confirm
					title={words.groups.deleteTitle(conversation.title)}
					body={words.groups.deleteBody}
					action={words.groups.deleteDo}
					onAct={remove}
					onClose={() => setAsking(false)}
				/>
			) : null}
		</div>
	);
}
