import { type FormEvent, useState } from "react";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { useClient } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { useProgress } from "../engine/progress.ts";
import { Button } from "../ui/button.tsx";
import { Field, Problem } from "../ui/field.tsx";
import { Progress } from "../ui/progress.tsx";
import { words } from "../words/index.ts";

type RestoreProps = {
	readonly onBack: () => void;
	/** Whether somebody comes back, who is greeted otherwise than a stranger. */
	readonly onReturning: (returning: boolean) => void;
};

/** A file and its passphrase: everything is back, on a device that is new. */
export default function RestoreBackup({ onBack, onReturning }: RestoreProps) {
	const client = useClient();
	const share = useProgress("restoreBackup");
	const { busy, problem, setProblem, run } = useCommand();
	const [file, setFile] = useState<File>();
	const [passphrase, setPassphrase] = useState("");

	const restore = async (event: FormEvent) => {
		event.preventDefault();
		if (busy) return;
		if (file === undefined) return setProblem(words.backup.noFile);
		if (passphrase === "") return setProblem(words.backup.noPassphrase);
		onReturning(true);
		const bytes = new Uint8Array(await file.arrayBuffer());
		const restored = await run(client.restoreBackup({ file: bytes, passphrase, home: location.origin }));
		if (!restored.ok) onReturning(false);
	};
	return (
		<form className="first-run-form" noValidate onSubmit={(event) => void restore(event)}>
			<h1>{words.backup.restoreTitle}</h1>
			<p className="quiet">{words.backup.restoreBody}</p>
			<FileTrigger
				onSelect={(files) => {
					setFile(files?.[0]);
					setProblem(undefined);
				}}
			>
				<Button icon="file" isDisabled={busy} className="restore-file">
					<bdi className="cut">{file === undefined ? words.backup.choose : words.backup.chosen(file.name)}</bdi>
				</Button>
			</FileTrigger>
			<Field
				label={words.backup.passphrase}
				value={passphrase}
				onChange={(text) => {
					setPassphrase(text);
					setProblem(undefined);
				}}
				type="password"
				autoComplete="off"
				isReadOnly={busy}
			/>
			<Problem text={problem} />
			{busy ? (
				<div className="restore-working" role="status">
					<Progress name={words.backup.restoring} share={share} />
					<p className="small quiet">{words.backup.restoringBody}</p>
				</div>
			) : (
				<>
					<Button type="submit" look="primary">
						{words.backup.restoreDo}
					</Button>
					<Button look="plain" onPress={onBack}>
						{words.common.back}
					</Button>
				</>
			)}
		</form>
	);
}
