import type { CommandError } from "@sotto/client";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { errorWords, useClient, useReady } from "../engine/client.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { words } from "../words/index.ts";
import { thisDeviceName } from "./device-name.ts";
import "./linking.css";

const Scanner = lazy(() => import("../share/scanner.tsx"));

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
	const [scanning, setScanning] = useState(false);
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
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void link(code);
	};
	return (
		<Sheet title={words.devices.link} onClose={onClose}>
			<p className="quiet">{words.devices.linkBody}</p>
			<form className="enter-code" noValidate onSubmit={submit}>
				<Field
					label={words.devices.code}
					placeholder={words.devices.codePlaceholder}
					value={code}
					onChange={(text) => {
						setCode(text);
						setProblem(undefined);
					}}
					problem={problem}
					autoComplete="off"
					spellCheck="false"
					maxLength={400}
					autoFocus
				/>
				<div className="enter-code-row">
					<Button type="submit" look={code.trim() === "" ? "quietly" : "primary"} isDisabled={busy}>
						{words.devices.go}
					</Button>
					<Button look="plain" icon="qr" onPress={() => setScanning((on) => !on)} aria-expanded={scanning}>
						{words.devices.scan}
					</Button>
				</div>
				{scanning ? (
					<Suspense>
						<Scanner
							onText={(text) => {
								setScanning(false);
								setCode(text);
								void link(text);
							}}
						/>
					</Suspense>
				) : null}
			</form>
		</Sheet>
	);
}
