import type { ClientView, SottoClient } from "@sotto/client";
import { Component, lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import type { StartCallSession } from "./call/session.ts";
import { useCallStage } from "./call/stage.ts";
import { ClientProvider, useReady } from "./engine/client.tsx";
import { loadRest } from "./engine/load-rest.ts";
import { FirstRun } from "./first-run/first-run.tsx";
import { Welcome } from "./first-run/welcome.tsx";
import { useAttention } from "./shell/attention.ts";
import { useBackOnline } from "./shell/network-line.tsx";
import { Shell } from "./shell/shell.tsx";
import { useWatchBuild } from "./state/newer-build.ts";
import { NavigationProvider } from "./state/route.tsx";
import { useSettingsFollow } from "./state/settings-follow.ts";
import { markHere } from "./state/was-here.ts";
import { Button } from "./ui/button.tsx";
import { HeardPlace } from "./ui/heard.tsx";
import { Mark } from "./ui/icons.tsx";
import { notice, NoticePlace } from "./ui/notice.tsx";
import { words } from "./words/index.ts";

const LinkingSheet = lazy(() => import("./linking/linking-sheet.tsx"));
const CallLayer = lazy(() => import("./call/call-layer.tsx"));

type AppProps = {
	readonly client: SottoClient;
	/** Loads the page's media when the first call needs it. */
	readonly loadCallSession: () => Promise<StartCallSession>;
};

export function App({ client, loadCallSession }: AppProps) {
	return (
		<Crash>
			<NavigationProvider>
				<ClientProvider client={client}>
					{(view) => <Phases view={view} loadCallSession={loadCallSession} />}
				</ClientProvider>
			</NavigationProvider>
			<NoticePlace />
			<HeardPlace />
		</Crash>
	);
}

type WelcomeState = "not yet" | "shown" | "linked" | "restored" | "done";

type PhasesProps = { readonly view: ClientView; readonly loadCallSession: () => Promise<StartCallSession> };

function Phases({ view, loadCallSession }: PhasesProps) {
	// Whoever has just made an account is welcomed, whoever has linked or restored this device is told so; whoever comes back is not.
	const [welcome, setWelcome] = useState<WelcomeState>("not yet");
	if (view.phase === "noAccount" && welcome === "not yet") setWelcome("shown");
	if (view.phase === "linking" && welcome !== "linked") setWelcome("linked");
	if (view.phase === "noAccount" && welcome === "linked") setWelcome("shown");
	switch (view.phase) {
		case "loading":
			return <StageMessage late title={words.phases.loading} />;
		case "locked":
			return <StageMessage {...words.phases.locked} />;
		case "broken":
			return <StageMessage {...words.phases.broken[view.reason]} again={view.reason === "storageLost"} />;
		case "noAccount":
		case "linking":
			return (
				<FirstRun
					linking={view.phase === "linking" ? view.linking : undefined}
					onReturning={(returning) => setWelcome(returning ? "restored" : "shown")}
				/>
			);
		case "ready":
			return <Ready welcome={welcome} onWelcomed={() => setWelcome("done")} loadCallSession={loadCallSession} />;
	}
}

type ReadyProps = {
	readonly welcome: WelcomeState;
	readonly onWelcomed: () => void;
	readonly loadCallSession: () => Promise<StartCallSession>;
};

function Ready({ welcome, onWelcomed, loadCallSession }: ReadyProps) {
	useAttention();
	useBackOnline();
	useWatchBuild();
	useSettingsFollow();
	useEffect(markHere, []);
	useEffect(() => loadRest(loadCallSession), [loadCallSession]);
	useEffect(() => {
		if (welcome !== "linked" && welcome !== "restored") return;
		notice(welcome === "linked" ? words.linking.doneNotice : words.backup.restored);
		onWelcomed();
	}, [welcome, onWelcomed]);
	const { linking } = useReady();
	const stage = useCallStage();
	const covered = stage === "full";
	return (
		<>
			{welcome === "shown" ? (
				<Welcome onDone={onWelcomed} hidden={covered} />
			) : (
				<Shell hidden={covered} hasCallBar={stage === "bar"} />
			)}
			{linking === undefined ? null : (
				<Suspense>
					<LinkingSheet linking={linking} />
				</Suspense>
			)}
			{stage === "none" ? null : (
				<Suspense>
					<CallLayer loadCallSession={loadCallSession} />
				</Suspense>
			)}
		</>
	);
}

type StageMessageProps = {
	readonly title: string;
	readonly body?: string;
	/** Only if it lasts. */
	readonly late?: boolean;
	/** Opening the app again is what to do. */
	readonly again?: boolean;
};

/** A whole screen with one thing to say. */
function StageMessage({ title, body, late = false, again = false }: StageMessageProps) {
	return (
		<main className="stage-message">
			<Mark size={56} />
			{body === undefined ? <p className={late ? "late" : ""}>{title}</p> : <h1>{title}</h1>}
			{body === undefined ? null : <p>{body}</p>}
			{again ? <OpenAgain /> : null}
		</main>
	);
}

function OpenAgain() {
	return (
		<Button look="primary" onPress={() => location.reload()}>
			{words.phases.again}
		</Button>
	);
}

/** A bug on a screen takes neither messages nor calls with it: they live in the engine. */
class Crash extends Component<{ readonly children: ReactNode }, { readonly crashed: boolean }> {
	override state = { crashed: false };

	static getDerivedStateFromError() {
		return { crashed: true };
	}

	override render() {
		if (!this.state.crashed) return this.props.children;
		return <StageMessage {...words.phases.crashed} again />;
	}
}
