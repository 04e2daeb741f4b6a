import type { ConversationView, SafetyNumber } from "@sotto/client";
import { lazy, Suspense, useEffect, useState } from "react";
import { errorWords, useClient } from "../engine/client.tsx";
import { Qr } from "../share/qr.tsx";
import "../share/share.css";
import { Button } from "../ui/button.tsx";
import { Problem } from "../ui/field.tsx";
import { notice } from "../ui/notice.tsx";
import { words } from "../words/index.ts";
import "./safety.css";

const Scanner = lazy(() => import("../share/scanner.tsx"));

/** The number that two people compare to know that nobody stands between them. */
export function SafetyNumberView({ conversation }: { readonly conversation: ConversationView }) {
	const client = useClient();
	const [number, setNumber] = useState<SafetyNumber>();
	const [problem, setProblem] = useState<string>();
	const [scanning, setScanning] = useState(false);
	const { id, phase } = conversation;
	const verified = conversation.people[0]?.verified === true;

	useEffect(() => {
		let current = true;
		void client.safetyNumber(id).then((found) => {
			if (!current) return;
			setNumber(found.ok ? found.value : undefined);
		});
		return () => {
			current = false;
		};
	}, [client, id, phase]);

	const compare = async (qr: string) => {
		setScanning(false);
		const compared = await client.compareSafetyNumber(id, qr);
		if (compared.ok) {
			setProblem(undefined);
			notice(words.safety.match);
		} else setProblem(compared.error.kind === "mismatch" ? words.safety.mismatch : errorWords(compared.error));
	};
	const mark = async (on: boolean) => {
		const marked = await client.setVerified(id, on);
		setProblem(marked.ok ? undefined : errorWords(marked.error));
	};

	return (
		<section className="safety" aria-label={words.safety.title}>
			<h3>{words.safety.title}</h3>
			{number === undefined ? (
				<p className="small quiet">{words.safety.unavailable}</p>
			) : (
				<>
					<p className="small quiet">{words.safety.body(conversation.title)}</p>
					<Qr text={number.qr} label={words.safety.qrLabel} />
					<ol className="safety-groups numbers" aria-label={words.safety.digits}>
						{number.groups.map((group, place) => (
							// The groups stand in their order and may repeat.
							// oxlint-disable-next-line react/no-array-index-key
							<li key={place}>{group}</li>
						))}
					</ol>
					<div className="safety-buttons">
						<Button icon="qr" aria-expanded={scanning} onPress={() => setScanning((on) => !on)}>
							{words.safety.scan}
						</Button>
						{verified ? (
							<Button look="plain" onPress={() => void mark(false)}>
								{words.safety.unverify}
							</Button>
						) : (
							<Button look="plain" icon="check" onPress={() => void mark(true)}>
								{words.safety.same}
							</Button>
						)}
					</div>
					{scanning ? (
						<Suspense>
							<Scanner onText={(text) => void compare(text)} />
						</Suspense>
					) : null}
					<Problem text={problem} />
				</>
			)}
		</section>
	);
}
