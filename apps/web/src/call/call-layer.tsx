import { useEffect, useRef } from "react";
import { useReady } from "../engine/client.tsx";
import { loopSound, playSound } from "../sound/sounds.ts";
import { notifyOutside } from "../shell/attention.ts";
import { say } from "../ui/heard.tsx";
import { words } from "../words/index.ts";
import { CallBar } from "./call-bar.tsx";
import { EndedScreen } from "./ended-screen.tsx";
import { LiveCall } from "./live-call.tsx";
import { incomingWords } from "./ringing-words.ts";
import { Ringing } from "./ringing.tsx";
import type { StartCallSession } from "./session.ts";
import { useCallStage, useOwnCall } from "./stage.ts";
import "./call.css";
import "./call-tiles.css";

type LayerProps = { readonly loadCallSession: () => Promise<StartCallSession> };

/** The one call, in whatever form it takes now. */
export default function CallLayer({ loadCallSession }: LayerProps) {
	const { call } = useReady();
	const stage = useCallStage();
	const own = useOwnCall(call?.call ?? "");
	useCallSounds();
	if (call === undefined || stage === "none") return null;
	if (call.phase.name === "ended") return <EndedScreen call={call} />;
	if (call.phase.name === "ringing" && call.direction === "incoming")
		return <Ringing call={call} card={stage === "card"} />;
	if (own === undefined) return <CallBar call={call} />;
	return (
		<LiveCall key={call.call} call={call} own={own} minimised={stage === "bar"} loadCallSession={loadCallSession} />
	);
}

/** Rings, rings back, and marks beginning and end; the same things are said and shown outside of the page. */
function useCallSounds(): void {
	const { call } = useReady();
	const phase = call?.phase.name;
	const isIncoming = call?.direction === "incoming";
	const was = useRef(phase);

	useEffect(() => {
		if (phase !== "ringing") return;
		return isIncoming ? ringInOneTab() : loopSound("ringBack");
	}, [phase, isIncoming]);

	const title = call?.title ?? "";
	const isGroup = call?.kind === "group";
	const incoming = call === undefined ? "" : incomingWords(call);
	const video = call?.video === true;
	useEffect(() => {
		const before = was.current;
		was.current = phase;
		if (phase === "ringing" && isIncoming) {
			say(video && !isGroup ? words.ringing.incomingVideo(title) : incoming, "urgent");
			notifyOutside(words.notices.call, incoming, "call");
		} else if (phase === "ringing") say(words.ringing.outgoing(title));
		else if (phase === "connected" && before !== "reconnecting") {
			playSound("connected");
			say(words.call.connected);
		} else if (phase === "reconnecting") say(words.call.reconnecting);
		else if (phase === "ended" && before !== undefined && before !== "ended") playSound("ended");
	}, [phase, isIncoming, incoming, isGroup, title, video]);
}

/** All tabs see the call; one of them sounds. */
function ringInOneTab(): () => void {
	const stopping = new AbortController();
	void navigator.locks
		.request("sotto ringing", { signal: stopping.signal }, async () => {
			if (stopping.signal.aborted) return;
			const stop = loopSound("ring");
			await new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
			stop();
		})
		.catch(() => undefined);
	return () => stopping.abort();
}
