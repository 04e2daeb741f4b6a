import type { LinkingView } from "@sotto/client";
import { useState } from "react";
import { useClient } from "../engine/client.tsx";
import { Qr } from "../share/qr.tsx";
import { useNow } from "../state/screen.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { Progress } from "../ui/progress.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { durationWords } from "../words/format.ts";
import { words } from "../words/index.ts";
import "./linking.css";

/** Which of the two devices this is. */
export type LinkingSide = "new" | "account";

type StepsProps = {
	readonly side: LinkingSide;
	readonly linking: LinkingView;
	/** What failed is tried anew; absent where the other device has to. */
	readonly onAgain?: (() => void) | undefined;
};

/** Linking two devices, as either of them shows it (D2). */
export function LinkingSteps({ side, linking, onAgain }: StepsProps) {
	const client = useClient();
	const cancel = () => void client.cancelLinking();
	switch (linking.step) {
		case "showCode":
			return <ShowCode {...linking} onCancel={cancel} />;
		case "connecting":
			return (
				<div className="linking-step">
					<p role="status">{words.linking.connecting}</p>
					<Progress name={words.linking.connecting} share={undefined} />
					<Button look="plain" onPress={cancel}>
						{words.linking.cancel}
					</Button>
				</div>
			);
		case "compare":
			return <Compare {...linking} side={side} />;
		case "transferring":
			return <Transferring {...linking} />;
		case "done":
			return (
				<div className="linking-step">
					<span className="linking-mark">
						<Icon name="check" size={30} />
					</span>
					<h3 role="status">
						<bdi>{words.linking.done(linking.otherName)}</bdi>
					</h3>
					<p className="quiet">{words.linking.doneBody}</p>
					<Button look="primary" onPress={cancel}>
						{words.linking.close}
					</Button>
				</div>
			);
		case "failed":
			return <Failed reason={linking.reason} onAgain={onAgain} onClose={cancel} />;
	}
}

type Step<Name extends LinkingView["step"]> = Extract<LinkingView, { step: Name }>;

function ShowCode({ code, qr, expiresAt, onCancel }: Step<"showCode"> & { readonly onCancel: () => void }) {
	const now = useNow(5_000);
	return (
		<div className="linking-step">
			<p>{words.linking.body}</p>
			<Qr text={qr} label={words.linking.qrLabel} />
			<p className="linking-code numbers" role="group" aria-label={words.linking.code}>
				{code}
			</p>
			<p className="small quiet numbers">
				{expiresAt > now ? words.linking.expires(durationWords(expiresAt - now)) : words.linking.expired}
			</p>
			<Button look="plain" onPress={onCancel}>
				{words.linking.cancel}
			</Button>
		</div>
	);
}

/** "123456" is read in two breaths. */
const halves = (digits: string) => [digits.slice(0, 3), digits.slice(3)] as const;

function Compare({ digits, otherName, confirmedHere, side }: Step<"compare"> & { readonly side: LinkingSide }) {
	const client = useClient();
	const [manages, setManages] = useState(false);
	const [first, second] = halves(digits);
	const same = () =>
		void (side === "new" ? client.confirmLinking(true) : client.confirmLinking(true, { primary: manages }));
	return (
		<div className="linking-step">
			<h3>{words.linking.compare}</h3>
			<p className="linking-digits numbers" role="group" aria-label={words.linking.digits(digits.split("").join(" "))}>
				<span>{first}</span>
				<span>{second}</span>
			</p>
			<p className="quiet">
				<bdi>{side === "new" ? words.linking.compareNew : words.linking.compareAccount(otherName)}</bdi>
			</p>
			{confirmedHere ? (
				<p className="linking-waits" role="status">
					<Icon name="check" size={20} />
					{words.linking.confirmed}
				</p>
			) : (
				<>
					{side === "account" ? (
						<Toggle
							isOn={manages}
							name={words.linking.manages}
							hint={words.linking.managesHint}
							onChange={setManages}
						/>
					) : null}
					<div className="linking-choice">
						<Button onPress={() => void client.confirmLinking(false)}>{words.linking.differ}</Button>
						<Button look="primary" onPress={same}>
							{words.linking.same}
						</Button>
					</div>
				</>
			)}
		</div>
	);
}

function Transferring({ done, total }: Step<"transferring">) {
	return (
		<div className="linking-step">
			<h3 role="status">{words.linking.transferring}</h3>
			<Progress name={words.linking.transferring} share={total === 0 ? undefined : done / total} />
			<p className="quiet">{words.linking.transferringBody}</p>
		</div>
	);
}

type FailedProps = {
	readonly reason: Step<"failed">["reason"];
	readonly onAgain: (() => void) | undefined;
	readonly onClose: () => void;
};

/** What went wrong, that nothing was handed over, and the one thing to do. */
function Failed({ reason, onAgain, onClose }: FailedProps) {
	const { title, body } = words.linking.failed[reason];
	return (
		<div className="linking-step" role="alert">
			<span className="linking-mark attention">
				<Icon name="warning" size={28} />
			</span>
			<h3>{title}</h3>
			<p className="quiet">{body}</p>
			<div className="linking-choice">
				{onAgain === undefined ? null : (
					<Button look="primary" onPress={onAgain}>
						{words.linking.again}
					</Button>
				)}
				<Button look={onAgain === undefined ? "primary" : "quietly"} onPress={onClose}>
					{words.linking.close}
				</Button>
			</div>
		</div>
	);
}
