import type { ReactNode } from "react";
import { useNavigation } from "../state/route.tsx";
import { useWide } from "../state/screen.ts";
import { IconButton } from "../ui/button.tsx";
import { words } from "../words/index.ts";
import { NetworkLine } from "./network-line.tsx";

/** A room's title and what one can do there; on a phone also the way to the panel of the server. */
export function RoomHead({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
	const wide = useWide();
	const { go } = useNavigation();
	return (
		<>
			<header className="room-head">
				<h1>{title}</h1>
				<div className="room-head-buttons">
					{wide ? null : <IconButton name={words.server.open} icon="eye" onPress={() => go({ ledger: true })} />}
					{children}
				</div>
			</header>
			<NetworkLine />
		</>
	);
}
