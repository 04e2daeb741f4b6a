import type { LinkingView } from "@sotto/client";
import { useClient } from "../engine/client.tsx";
import { thisDeviceName } from "../linking/device-name.ts";
import { LinkingSteps } from "../linking/linking-steps.tsx";
import { words } from "../words/index.ts";

/** On the new device: what it shows until it is one of the account's. */
export default function LinkThisDevice({ linking }: { readonly linking: LinkingView }) {
	const client = useClient();
	const again = async () => {
		await client.cancelLinking();
		await client.startLinking({ home: location.origin, deviceName: thisDeviceName() });
	};
	return (
		<div className="link-this">
			<h1>{words.linking.title}</h1>
			<LinkingSteps side="new" linking={linking} onAgain={() => void again()} />
		</div>
	);
}
