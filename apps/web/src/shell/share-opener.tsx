import { createContext, use } from "react";
import type { ShareSheetKind } from "../share/share-sheet.tsx";
import { IconButton } from "../ui/button.tsx";
import { words } from "../words/index.ts";

const OpenerContext = createContext<(kind: ShareSheetKind) => void>(() => undefined);

export const ShareSheetOpener = OpenerContext;

export const useShareSheet = () => use(OpenerContext);

/** The two ways to a new contact, in a room's head. */
export function ContactButtons() {
	const open = useShareSheet();
	return (
		<>
			<IconButton name={words.share.share} icon="qr" onPress={() => open("share")} />
			<IconButton name={words.add.open} icon="addPerson" onPress={() => open("add")} />
		</>
	);
}
