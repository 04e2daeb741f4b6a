import { type FormEvent, useState } from "react";
import { useClient, useReady } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { useProgress } from "../engine/progress.ts";
import { useNow } from "../state/screen.ts";
import { Button } from "../ui/button.tsx";
import { Field, Problem } from "../ui/field.tsx";
import { notice } from "../ui/notice.tsx";
import { Progress } from "../ui/progress.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { dayName } from "../words/format.ts";
import { words } from "../words/index.ts";
import { strengthOf, suggestPassphrase } from "./passphrase.ts";
import { saveFile } from "./save-file.ts";
import "./backup.css";

const lastKey = "backup.last";

/** When the last one was made, on whichever device, and the way to the next. */
export function Backup() {
	const { settings, devices } = useReady();
	const manages = devices.some(({ thisDevice, primary }) => thisDevice && primary);
	const now = useNow(60_000);
	const [making, setMaking] = useState(false);
	const last = Number(settings[lastKey]);
	return (
		<section className="settings-group">
			<h2>{words.backup.title}</h2>
			<p className="small quiet">{words.backup.body}</p>
			<p className="backup-last">{last > 0 ? words.backup.last(dayName(last, now)) : words.backup.never}</p>
			{manages ? (
				<Button className="settings-action" icon="save" onPress={() => setMaking(true)}>
					{words.backup.make}
				</Button>
			) : (
				<p className="small quiet">{words.backup.elsewhere}</p>
			)}
			{making ? <MakeBackup onClose={() => setMaking(false)} /> : null}
		</section>
	);
}

/** "sotto-backup-2026-11-24.sotto" */
function fileName(at: Date): string {
	const two = (n: number) => String(n).padStart(2, "0");
	return `${words.backup.file}-${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}.sotto`;
}

function MakeBackup({ onClose }: { readonly onClose: () => void }) {
	const client = useClient();
	const share = useProgress("exportBackup");
	const { busy, problem, setProblem, run } = useCommand();
	const [passphrase, setPassphrase] = useState("");
	const [again, setAgain] = useState("");
	const [suggested, setSuggested] = useState(false);
	const strength = passphrase === "" ? undefined : strengthOf(passphrase);

	const make = async (event: FormEvent) => {
		event.preventDefault();
		if (busy) return;
		if (strength !== "fair" && strength !== "strong") return setProblem(words.backup.tooWeak);
		if (passphrase !== again) return setProblem(words.backup.differs);
		const made = await run(client.exportBackup(passphrase));
		if (!made.ok) return;
		const now = new Date();
		saveFile(made.value.file, fileName(now));
		void client.changeSetting(lastKey, String(now.getTime()));
		notice(words.backup.saved);
		onClose();
	};
	const change = (set: (text: string) => void) => (text: string) => {
		set(text);
		setProblem(undefined);
		setSuggested(false);
	};
	const suggest = () => {
		const text = suggestPassphrase();
		setPassphrase(text);
		setAgain(text);
		setProblem(undefined);
		setSuggested(true);
	};
	return (
		<Sheet title={words.backup.make} stays onClose={onClose}>
			<form className="backup-form" noValidate onSubmit={(event) => void make(event)}>
				<p className="small">{words.backup.warning}</p>
				<Field
					label={words.backup.passphrase}
					value={passphrase}
					onChange={change(setPassphrase)}
					hint={
						suggested ? words.backup.suggested : strength === undefined ? undefined : words.backup.strength[strength]
					}
					type={suggested ? "text" : "password"}
					autoComplete="new-password"
					autoFocus
					isReadOnly={busy}
				/>
				<div className="strength" data-strength={strength ?? "none"} aria-hidden="true" />
				<Field
					label={words.backup.again}
					value={again}
					onChange={change(setAgain)}
					type={suggested ? "text" : "password"}
					autoComplete="new-password"
					isReadOnly={busy}
				/>
				<Problem text={problem} />
				{busy ? (
					<div className="backup-working" role="status">
						<Progress name={words.backup.working} share={share} />
						<p className="small quiet">{words.backup.working}</p>
					</div>
				) : (
					<div className="sheet-buttons">
						<Button look="plain" onPress={suggest}>
							{words.backup.suggest}
						</Button>
						<Button type="submit" look="primary" icon="save">
							{words.backup.save}
						</Button>
					</div>
				)}
			</form>
		</Sheet>
	);
}
