import { useStartCall } from "../call/start-call.ts";
import { useReady } from "../engine/client.tsx";
import { RoomHead } from "../shell/room-head.tsx";
import { ContactButtons } from "../shell/share-opener.tsx";
import { useNavigation } from "../state/route.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { IconButton } from "../ui/button.tsx";
import { Verified } from "../ui/verified.tsx";
import { words } from "../words/index.ts";
import "../calls/calls-room.css";

/** Everybody one is in contact with, by name. */
export function PeopleRoom() {
	const { conversations } = useReady();
	const { go } = useNavigation();
	const startCall = useStartCall();
	const direct = conversations
		.filter((conversation) => conversation.kind === "direct")
		.toSorted((a, b) => a.title.localeCompare(b.title));
	return (
		<>
			<RoomHead title={words.people.title}>
				<ContactButtons />
			</RoomHead>
			<div className="room-scroll scroll">
				{direct.length === 0 ? (
					<p className="room-empty">
						<strong>{words.people.empty}</strong>
						{words.steps.one}. {words.steps.two}.
					</p>
				) : (
					<ul className="person-list" aria-label={words.people.list}>
						{direct.map(({ id, title, people, phase }) => (
							<li key={id} className="person-row">
								<a
									href="/"
									className="person-link"
									draggable={false}
									onClick={(event) => {
										event.preventDefault();
										go({ conversation: id, ledger: false, drawer: undefined });
									}}
								>
									<Avatar name={title} hue={people[0]?.hue ?? 195} />
									<span className="person-text">
										<span className="person-name-line">
											<bdi className="person-name cut">{title}</bdi>
											{people[0]?.verified === true ? <Verified /> : null}
										</span>
										{phase === "asked" ? <span className="small quiet cut">{words.chats.asked}</span> : null}
									</span>
								</a>
								{phase === "active" ? (
									<IconButton name={words.calls.call(title)} icon="phone" onPress={() => void startCall(id, false)} />
								) : null}
							</li>
						))}
					</ul>
				)}
			</div>
		</>
	);
}
