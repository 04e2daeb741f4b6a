import { useState } from "react";
import { useReady } from "../engine/client.tsx";
import { ContactButtons } from "../shell/share-opener.tsx";
import { RoomHead } from "../shell/room-head.tsx";
import { useWide } from "../state/screen.ts";
import { Icon } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import { ChatList } from "./chat-list.tsx";
import { Requests } from "./requests.tsx";
import { Steps } from "./steps.tsx";

/** Who asks, and all conversations. `inSteps`: the two steps to the first contact are on screen, with their own buttons. */
export function ChatsRoom({ inSteps }: { readonly inSteps: boolean }) {
	const { conversations } = useReady();
	const wide = useWide();
	const [search, setSearch] = useState("");
	return (
		<>
			<RoomHead title={words.rooms.chats}>{inSteps ? null : <ContactButtons groups />}</RoomHead>
			{conversations.length === 0 ? null : (
				<div className="search">
					<Icon name="search" size={20} />
					<input
						type="search"
						className="input"
						aria-label={words.chats.search}
						placeholder={words.chats.search}
						value={search}
						onChange={(event) => setSearch(event.target.value)}
						onKeyDown={(event) => event.key === "Escape" && setSearch("")}
					/>
				</div>
			)}
			<div className="room-scroll scroll">
				<Requests />
				{conversations.length > 0 ? (
					<ChatList search={search} />
				) : wide ? (
					<p className="room-empty">
						<strong>{words.chats.empty}</strong>
						{words.chats.emptyBody}
					</p>
				) : (
					<Steps />
				)}
			</div>
		</>
	);
}
