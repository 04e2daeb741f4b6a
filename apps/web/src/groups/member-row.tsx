import type { ConversationView, MemberView } from "@sotto/client";
import { useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useClient, useReady } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { useNavigation } from "../state/route.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Problem } from "../ui/field.tsx";
import { Icon } from "../ui/icons.tsx";
import { Verified } from "../ui/verified.tsx";
import { words } from "../words/index.ts";

type RowProps = {
	readonly conversation: ConversationView;
	readonly member: MemberView;
	/** Whether one is an admin here. */
	readonly mayChange: boolean;
};

/** One person of a group, and what one may do about them. */
export function MemberRow({ conversation, member, mayChange }: RowProps) {
	const client = useClient();
	const { problem, run } = useCommand();
	const [removing, setRemoving] = useState(false);
	const { account, name, hue, role, isMe, verified } = member;
	return (
		<>
			<div className="member">
				<Avatar name={name} hue={hue} size={40} />
				<span className="member-name">
					<bdi className="cut">{isMe ? words.groups.you : name}</bdi>
					{verified ? <Verified /> : null}
				</span>
				{role === "admin" ? <span className="member-role small">{words.groups.admin}</span> : null}
				{isMe ? null : (
					<MemberMenu
						conversation={conversation}
						member={member}
						mayChange={mayChange}
						onRole={(next) => void run(client.setRole(conversation.id, account, next))}
						onRemove={() => setRemoving(true)}
					/>
				)}
			</div>
			<Problem text={problem} />
			{removing ? (
				<Confirm
					title={words.groups.removeTitle(name)}
					body={words.groups.removeBody(name)}
					action={words.groups.removeDo}
					onAct={() => client.removePerson(conversation.id, account)}
					onClose={() => setRemoving(false)}
				/>
			) : null}
		</>
	);
}

type MenuProps = RowProps & {
	readonly onRole: (role: MemberView["role"]) => void;
	readonly onRemove: () => void;
};

function MemberMenu({ member, mayChange, onRole, onRemove }: MenuProps) {
	const { conversations } = useReady();
	const { go } = useNavigation();
	const { account, name, role } = member;
	const direct = conversations.find(({ kind, people }) => kind === "direct" && people[0]?.account === account);
	if (direct === undefined && !mayChange) return <span className="icon-button" aria-hidden="true" />;
	return (
		<MenuTrigger>
			<AriaButton className="icon-button" aria-label={words.groups.actions(name)}>
				<Icon name="more" />
			</AriaButton>
			<Popover className="menu-pop" placement="bottom end">
				<Menu className="menu">
					{direct === undefined ? null : (
						<>
							<MenuItem className="menu-item" onAction={() => go({ conversation: direct.id, drawer: undefined })}>
								<Icon name="chats" size={19} />
								<bdi className="cut">{words.groups.write(name)}</bdi>
							</MenuItem>
							<MenuItem
								className="menu-item"
								onAction={() => go({ conversation: direct.id, drawer: { kind: "details" } })}
							>
								<Icon name="shield" size={19} />
								{words.groups.safety}
							</MenuItem>
						</>
					)}
					{mayChange ? (
						<>
							<MenuItem className="menu-item" onAction={() => onRole(role === "admin" ? "member" : "admin")}>
								<Icon name="star" size={19} />
								{role === "admin" ? words.groups.makeMember : words.groups.makeAdmin}
							</MenuItem>
							<MenuItem className="menu-item danger-plain" onAction={onRemove}>
								<Icon name="leave" size={19} />
								{words.groups.remove}
							</MenuItem>
						</>
					) : null}
				</Menu>
			</Popover>
		</MenuTrigger>
	);
}
