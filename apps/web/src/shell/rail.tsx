import { useReady } from "../engine/client.tsx";
import { type Room, useNavigation } from "../state/route.tsx";
import { Icon, type IconName } from "../ui/icons.tsx";
import { words } from "../words/index.ts";

const rooms: readonly { readonly room: Room; readonly icon: IconName }[] = [
	{ room: "chats", icon: "chats" },
	{ room: "calls", icon: "phone" },
	{ room: "people", icon: "people" },
	{ room: "settings", icon: "settings" },
];

/** How many things wait in the chats: unread messages and people who ask. */
export function useWaiting(): number {
	const { conversations, requests } = useReady();
	return conversations.reduce((sum, conversation) => sum + conversation.unread, requests.length);
}

function RoomButton({ room, icon }: { readonly room: Room; readonly icon: IconName }) {
	const { route, go } = useNavigation();
	const waiting = useWaiting();
	const here = route.room === room && !route.ledger;
	return (
		<button
			type="button"
			className="room-button"
			aria-current={here ? "page" : undefined}
			onClick={() => {
				if (!here) go({ room, ledger: false, drawer: undefined });
			}}
		>
			<Icon name={icon} size={23} />
			<span>{words.rooms[room]}</span>
			{room === "chats" && waiting > 0 ? (
				<span className="room-mark">
					<span className="only-heard">{words.chats.unread(waiting)}</span>
				</span>
			) : null}
		</button>
	);
}

/** The rooms at the side of a wide screen, with the panel of the server always in reach. */
export function Rail() {
	const { route, go } = useNavigation();
	return (
		<nav className="rail" aria-label={words.rooms.main}>
			{rooms.slice(0, 3).map((entry) => (
				<RoomButton key={entry.room} {...entry} />
			))}
			<button
				type="button"
				className="room-button rail-server"
				aria-current={route.ledger ? "page" : undefined}
				onClick={() => {
					if (!route.ledger) go({ ledger: true, drawer: undefined });
				}}
			>
				<Icon name="eye" size={23} />
				<span>{words.server.open}</span>
			</button>
			<RoomButton room="settings" icon="settings" />
		</nav>
	);
}

/** The rooms at the foot of a phone. */
export function BottomBar() {
	return (
		<nav className="bottom-bar" aria-label={words.rooms.main}>
			{rooms.map((entry) => (
				<RoomButton key={entry.room} {...entry} />
			))}
		</nav>
	);
}
