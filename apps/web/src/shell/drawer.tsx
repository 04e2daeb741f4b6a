import type { ConversationView } from "@sotto/client";
import { GroupDetails } from "../groups/group-details.tsx";
import { ItemLedger } from "../ledger/item-ledger.tsx";
import { SafetyNumberView } from "../safety/safety-number.tsx";
import { type Drawer, useNavigation } from "../state/route.tsx";
import { useWide } from "../state/screen.ts";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/button.tsx";
import { Verified } from "../ui/verified.tsx";
import { words } from "../words/index.ts";
import "./drawer.css";

type DrawerProps = { readonly drawer: Drawer; readonly conversation: ConversationView | undefined };

/** What one wants to know beside a conversation: at the right of a wide screen, a page of its own on a phone. */
export default function DrawerPane({ drawer, conversation }: DrawerProps) {
	const wide = useWide();
	const { back } = useNavigation();
	const title = drawer.kind === "item" ? words.server.itemTitle : words.details.title;
	return (
		<aside className="drawer" aria-label={title}>
			{wide ? null : <h1 className="only-heard">{conversation?.title ?? words.appName}</h1>}
			<header className="drawer-head">
				{wide ? null : <IconButton name={words.common.back} icon="back" onPress={back} />}
				<h2>{title}</h2>
				{wide ? <IconButton name={words.common.close} icon="close" onPress={back} /> : null}
			</header>
			<div className="drawer-body scroll">
				{drawer.kind === "item" ? (
					<ItemLedger item={drawer.item} conversation={conversation} />
				) : conversation === undefined ? null : conversation.kind === "group" ? (
					<GroupDetails conversation={conversation} />
				) : (
					<PersonDetails conversation={conversation} />
				)}
			</div>
		</aside>
	);
}

function PersonDetails({ conversation }: { readonly conversation: ConversationView }) {
	const person = conversation.people[0];
	return (
		<>
			<div className="person-details">
				<Avatar name={conversation.title} hue={person?.hue ?? 195} size={96} />
				<h3>
					<bdi>{conversation.title}</bdi>
					{person?.verified === true ? <Verified size={19} /> : null}
				</h3>
				<p className="small quiet">{person?.verified === true ? words.details.verified : words.details.notVerified}</p>
			</div>
			<SafetyNumberView conversation={conversation} />
		</>
	);
}
