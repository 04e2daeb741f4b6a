import { useState } from "react";
import { useReady } from "../engine/client.tsx";
import { useComing } from "../linking/coming.ts";
import { ContactButtons } from "../shell/share-opener.tsx";
import { RoomHead } from "../shell/room-head.tsx";
import { useWide } from "../state/screen.ts";
import { Search } from "../ui/search.tsx";
import { words } from "../words/index.ts";
import { ChatList } from "./chat-list.tsx";
import { Requests } from "./requests.tsx";
import { Steps } from "./steps.tsx";

/** Who asks, and all conversations. `inSteps`: the two steps to the first contact are on screen, with their own buttons. */
export function ChatsRoom({ inSteps }: { readonly inSteps: boolean }) {
	const { conversations } = useReady();
	const wide = useWide();
	const coming = useComing();
	const [search, setSearch] = useState("");
	return (
		<>
			<RoomHead title={words.rooms.chats}>{inSteps ? null : <ContactButtons groups />}</RoomHead>
			{conversations.length === 0 ? null : <Search name={words.chats.search} value={search} onChange={setSearch} />}
			<div className="room-scroll scroll">
				{search.trim() === "" ? <Requests /> : null}
				{conversations.length > 0 ? (
					<ChatList search={search} />
				) : coming ? (
					<p className="room-empty" role="status">
						<strong>{words.devices.coming}</strong>
						{words.devices.comingBody}
					</p>
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
