import type { LinkingView } from "@sotto/client";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { errorWords, useClient } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { thisDeviceName } from "../linking/device-name.ts";
import { useGivenLink } from "../state/given-link.ts";
import { wasHere } from "../state/was-here.ts";
import { Button } from "../ui/button.tsx";
import { Field, Problem } from "../ui/field.tsx";
import { Mark } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import "./first-run.css";

const LinkThisDevice = lazy(() => import("./link-this-device.tsx"));
const RestoreBackup = lazy(() => import("./restore-backup.tsx"));

type FirstRunProps = {
	/** This device is being linked to an account that exists. */
	readonly linking: LinkingView | undefined;
	readonly onReturning: (returning: boolean) => void;
};

/** One field, one button; below it the two ways for whoever has an account already. */
export function FirstRun({ linking, onReturning }: FirstRunProps) {
	const [restoring, setRestoring] = useState(false);
	return (
		<main className="first-run scroll">
			<div className="first-run-column">
				<div className="wordmark">
					<Mark size={44} />
					<span>{words.appName.toLowerCase()}</span>
				</div>
				{linking !== undefined ? (
					<Suspense>
						<LinkThisDevice linking={linking} />
					</Suspense>
				) : restoring ? (
					<Suspense>
						<RestoreBackup onBack={() => setRestoring(false)} onReturning={onReturning} />
					</Suspense>
				) : (
					<>
						<NewAccount />
						<OldAccount onRestore={() => setRestoring(true)} />
					</>
				)}
			</div>
		</main>
	);
}

function NewAccount() {
	const client = useClient();
	const given = useGivenLink();
	const [name, setName] = useState("");
	const [problem, setProblem] = useState<string>();
	const [busy, setBusy] = useState(false);
	// As it was when this came up: the mark is set again with the new account.
	const [evicted] = useState(wasHere);

	const create = async (event: FormEvent) => {
		event.preventDefault();
		if (busy) return;
		setBusy(true);
		setProblem(undefined);
		const made = await client.createAccount({ name: name.trim(), home: location.origin });
		if (!made.ok) {
			setProblem(errorWords(made.error));
			setBusy(false);
		}
	};
	return (
		<>
			<h1>{words.firstRun.title}</h1>
			{evicted ? (
				<section className="first-run-evicted" aria-labelledby="evicted">
					<h2 id="evicted">{words.firstRun.evicted}</h2>
					<p>{words.firstRun.evictedBody}</p>
				</section>
			) : null}
			<form className="first-run-form" onSubmit={(event) => void create(event)}>
				<Field
					label={words.firstRun.yourName}
					hint={words.firstRun.nameHint}
					problem={problem}
					value={name}
					onChange={setName}
					maxLength={64}
					autoComplete="name"
					autoFocus
					isReadOnly={busy}
				/>
				<Button type="submit" look="primary" isDisabled={busy}>
					{busy ? words.firstRun.creating : words.firstRun.create}
				</Button>
			</form>
			<p className="quiet">{words.firstRun.nothing}</p>
			{given === undefined ? null : <p className="first-run-given">{words.firstRun.invited}</p>}
		</>
	);
}

function OldAccount({ onRestore }: { readonly onRestore: () => void }) {
	const client = useClient();
	const { busy, problem, run } = useCommand();
	const link = () => void run(client.startLinking({ home: location.origin, deviceName: thisDeviceName() }));
	return (
		<div className="old-account">
			<Button look="plain" icon="device" isDisabled={busy} onPress={link}>
				{words.linking.open}
			</Button>
			<Button look="plain" icon="file" isDisabled={busy} onPress={onRestore}>
				{words.backup.restore}
			</Button>
			<Problem text={problem} />
		</div>
	);
}
