import type { CommandError } from "@sotto/client";
import { useState } from "react";
import { errorWords, useClient, useReady } from "../engine/client.tsx";
import { TakeText } from "../share/take-text.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { words } from "../words/index.ts";
import { thisDeviceName } from "./device-name.ts";

/** Some refusals say more here than anywhere else. */
const refusals: { readonly [kind in CommandError["kind"]]?: string } = {
	badLink: words.devices.notACode,
	tooMany: words.devices.six,
	notReady: words.devices.busy,
};

/** Takes what the new device shows, by hand or by camera. What follows is in the view. */
export default function EnterCode({ onClose }: { readonly onClose: () => void }) {
	const client = useClient();
	const own = useReady().devices.find(({ thisDevice }) => thisDevice);
	const [code, setCode] = useState("");
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<string>();
	const link = async (text: string) => {
		if (busy) return;
		if (text.trim() === "") return setProblem(words.devices.codeMissing);
		setBusy(true);
		setProblem(undefined);
		// From the second device on, one has to be told from the other.
		if (own?.name === "") await client.renameDevice(own.id, thisDeviceName());
		const linked = await client.linkDevice(text.trim());
		setBusy(false);
		if (linked.ok) onClose();
		else setProblem(refusals[linked.error.kind] ?? errorWords(linked.error));
	};
	return (
		<Sheet title={words.devices.link} onClose={onClose}>
			<p className="quiet">{words.devices.linkBody}</p>
			<TakeText
				label={words.devices.code}
				placeholder={words.devices.codePlaceholder}
				value={code}
				onChange={(text) => {
					setCode(text);
					setProblem(undefined);
				}}
				onTake={(text) => void link(text)}
				action={words.devices.go}
				scanAction={words.devices.scan}
				problem={problem}
				isReadOnly={busy}
				maxLength={400}
				autoFocus
			/>
		</Sheet>
	);
}
