import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { CallsRoom } from "../calls/calls-room.tsx";
import { ChatsRoom } from "../chats/chats-room.tsx";
import { Steps } from "../chats/steps.tsx";
import { ConversationPane } from "../conversation/conversation-pane.tsx";
import { useReady } from "../engine/client.tsx";
import { useComing } from "../linking/coming.ts";
import { PeopleRoom } from "../people/people-room.tsx";
import { dropGivenLink, useGivenLink } from "../state/given-link.ts";
import { type Room, useNavigation } from "../state/route.tsx";
import { useWide } from "../state/screen.ts";
import { Mark } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import { BottomBar, Rail } from "./rail.tsx";
import { type SheetKind, ShareSheetOpener } from "./share-opener.tsx";
import "./shell.css";

const ShareSheet = lazy(() => import("../share/share-sheet.tsx"));
const SettingsRoom = lazy(() => import("../settings/settings-room.tsx"));
const LedgerPane = lazy(() => import("../ledger/ledger-pane.tsx"));
const NewGroup = lazy(() => import("../groups/new-group.tsx"));
const DrawerPane = lazy(() => import("./drawer.tsx"));

type ShellProps = {
	/** A call covers everything. */
	readonly hidden: boolean;
	/** A call is a bar at the foot. */
	readonly hasCallBar: boolean;
};

/** Everything behind the front door: rooms, the conversation, the drawer. */
export function Shell({ hidden, hasCallBar }: ShellProps) {
	const wide = useWide();
	const ready = useReady();
	const given = useGivenLink();
	const { route } = useNavigation();
	const [asked, setAsked] = useState<SheetKind>();
	const conversation = ready.conversations.find((known) => known.id === route.conversation);
	const coming = useComing();
	const inSteps = ready.conversations.length === 0 && !coming && route.room === "chats" && !route.ledger;
	const sheet = asked ?? (given === undefined || inSteps ? undefined : "add");
	const closeSheet = () => {
		setAsked(undefined);
		dropGivenLink();
	};

	const { room } = route;
	// Settings take the whole width; the panel of the server keeps the list beside it.
	const alone = room === "settings" && !route.ledger;
	const roomPane = <RoomPane room={wide && !alone && room === "settings" ? "chats" : room} inSteps={inSteps} />;
	const mainPane = route.ledger ? (
		<LedgerPane />
	) : conversation === undefined ? (
		<Nothing steps={inSteps} />
	) : (
		<ConversationPane key={conversation.id} conversation={conversation} />
	);
	const drawer =
		route.drawer === undefined || route.ledger || alone ? null : (
			<DrawerPane drawer={route.drawer} conversation={conversation} />
		);
	const onePane = drawer ?? (route.ledger || (conversation !== undefined && !alone) ? mainPane : undefined);

	const pane = useFocusOnChange(`${route.conversation ?? ""} ${route.ledger} ${route.drawer?.kind ?? ""}`);

	return (
		<ShareSheetOpener value={setAsked}>
			<div
				className={`shell ${wide ? "wide" : "narrow"}`}
				data-room={room}
				data-hidden={hidden ? "" : undefined}
				data-bar={hasCallBar ? "" : undefined}
			>
				{wide ? (
					<>
						<Rail />
						{alone ? null : (
							<section className="list-pane" aria-label={words.rooms[room]}>
								{roomPane}
							</section>
						)}
						<main className="main-pane">
							<Suspense>{alone ? roomPane : mainPane}</Suspense>
						</main>
						<Suspense>{drawer}</Suspense>
					</>
				) : onePane === undefined ? (
					<>
						<main className="list-pane">
							<Suspense>{roomPane}</Suspense>
						</main>
						<BottomBar />
					</>
				) : (
					<main ref={pane} tabIndex={-1} className="main-pane">
						<Suspense>{onePane}</Suspense>
					</main>
				)}
			</div>
			{sheet === undefined ? null : (
				<Suspense>
					{sheet === "group" ? (
						<NewGroup onClose={() => setAsked(undefined)} />
					) : (
						<ShareSheet kind={sheet} onClose={closeSheet} />
					)}
				</Suspense>
			)}
		</ShareSheetOpener>
	);
}

function RoomPane({ room, inSteps }: { readonly room: Room; readonly inSteps: boolean }) {
	switch (room) {
		case "chats":
			return <ChatsRoom inSteps={inSteps} />;
		case "calls":
			return <CallsRoom />;
		case "people":
			return <PeopleRoom />;
		case "settings":
			return <SettingsRoom />;
	}
}

/** Where the focus goes when a phone shows another pane: a screen reader begins at its top, the Tab key too. */
function useFocusOnChange(place: string) {
	const pane = useRef<HTMLElement>(null);
	const was = useRef(place);
	useEffect(() => {
		if (was.current !== place) pane.current?.focus({ preventScroll: true });
		was.current = place;
	}, [place]);
	return pane;
}

/** The middle of a wide screen before a conversation is picked. */
function Nothing({ steps }: { readonly steps: boolean }) {
	if (steps) return <Steps />;
	return (
		<div className="nothing">
			<Mark size={56} />
			<p className="quiet">{words.chats.pick}</p>
		</div>
	);
}
