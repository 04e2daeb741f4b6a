import { useReady } from "../engine/client.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { words } from "../words/index.ts";
import { AddContact } from "./add-contact.tsx";
import { MyLink } from "./my-link.tsx";

type ShareSheetProps = { readonly kind: "share" | "add"; readonly onClose: () => void };

/** The two dialogs of first contact. */
export default function ShareSheet({ kind, onClose }: ShareSheetProps) {
	const { me } = useReady();
	return kind === "share" ? (
		<Sheet title={words.share.title} onClose={onClose}>
			<MyLink link={me.link} />
		</Sheet>
	) : (
		<Sheet title={words.add.title} onClose={onClose}>
			<AddContact onAdded={onClose} autoFocus titled={false} />
		</Sheet>
	);
}
