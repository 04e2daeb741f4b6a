import type { TroubleView } from "@sotto/client";
import { useEffect, useRef, useState } from "react";
import { useReady } from "../engine/client.tsx";
import { useNewerBuild } from "../state/newer-build.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { notice } from "../ui/notice.tsx";
import { durationWords } from "../words/format.ts";
import { words } from "../words/index.ts";

/** Connecting that is over sooner is not worth a word. */
const patienceMs = 1_500;
/** An absence shorter than this is not worth telling. */
const worthTellingMs = 60_000;

/** One line each under a room's title: that the server is out of reach, and what else around this device one can put right. */
export function NetworkLine() {
	const { network, troubles } = useReady();
	const isNewer = useNewerBuild();
	const slow = useLasts(network.phase === "connecting", patienceMs);
	const text = network.phase === "offline" ? words.network.offline : slow ? words.network.connecting : undefined;
	return (
		<div role="status" className="network-place">
			{text === undefined ? null : (
				<p className="network-line">
					<Icon name="clock" size={17} />
					{text}
				</p>
			)}
			{isNewer ? <NewerBuild /> : null}
			{troubles.map((trouble) => (
				<p key={trouble.kind} className="network-line">
					<Icon name="warning" size={17} />
					{troubleWords(trouble)}
				</p>
			))}
		</div>
	);
}

/** Nothing is done without being asked: somebody may be in the middle of a sentence. */
function NewerBuild() {
	return (
		<div className="network-line newer">
			<span>{words.network.newerBuild}</span>
			<Button compact onPress={() => location.reload()}>
				{words.network.openNewer}
			</Button>
		</div>
	);
}

function troubleWords(trouble: TroubleView): string {
	if (trouble.kind !== "clockOff") return words.network[trouble.kind];
	const duration = durationWords(Math.abs(trouble.byMs));
	return trouble.byMs > 0 ? words.network.clockAhead(duration) : words.network.clockBehind(duration);
}

/** Whether something has been so for longer than `ms`. */
function useLasts(isSo: boolean, ms: number): boolean {
	const [lasted, setLasted] = useState(false);
	useEffect(() => {
		if (!isSo) return;
		const timer = setTimeout(() => setLasted(true), ms);
		return () => {
			clearTimeout(timer);
			setLasted(false);
		};
	}, [isSo, ms]);
	return isSo && lasted;
}

/** Says it once when the network is back after a while. */
export function useBackOnline(): void {
	const { network } = useReady();
	const offlineSince = useRef<number>(undefined);
	useEffect(() => {
		if (network.phase === "offline") offlineSince.current = network.since;
		if (network.phase !== "online" || offlineSince.current === undefined) return;
		const away = Date.now() - offlineSince.current;
		offlineSince.current = undefined;
		if (away >= worthTellingMs) notice(words.network.backAfter(durationWords(away)));
	}, [network]);
}
