import type { LinkingView } from "@sotto/client";
import { useClient } from "../engine/client.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { words } from "../words/index.ts";
import { LinkingSteps } from "./linking-steps.tsx";

/** On the device that one has already: another one is being linked. */
export default function LinkingSheet({ linking }: { readonly linking: LinkingView }) {
	const client = useClient();
	return (
		<Sheet title={words.devices.link} stays onClose={() => void client.cancelLinking()}>
			<LinkingSteps side="account" linking={linking} />
		</Sheet>
	);
}
