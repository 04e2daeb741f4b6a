import { createContext, use } from "react";
import { IconButton } from "../ui/button.tsx";
import { words } from "../words/index.ts";

/** Dialogs that are opened from a room's head and elsewhere. */
export type SheetKind = "share" | "add" | "group";

const OpenerContext = createContext<(kind: SheetKind) => void>(() => undefined);

export const ShareSheetOpener = OpenerContext;

export const useShareSheet = () => use(OpenerContext);

/** The two ways to a new contact, in a room's head; with `groups` also the one to a new group. */
export function ContactButtons({ groups = false }: { readonly groups?: boolean }) {
	const open = useShareSheet();
	return (
		<>
			<IconButton name={words.share.share} icon="qr" onPress={() => open("share")} />
			<IconButton name={words.add.open} icon="addPerson" onPress={() => open("add")} />
			{groups ? <IconButton name={words.groups.open} icon="addGroup" onPress={() => open("group")} /> : null}
		</>
	);
}
