import { useEffect, useRef, useState } from "react";
import { useReady } from "../engine/client.tsx";
import { Icon } from "../ui/icons.tsx";
import { notice } from "../ui/notice.tsx";
import { durationWords } from "../words/format.ts";
import { words } from "../words/index.ts";

/** Connecting that is over sooner is not worth a word. */
const patienceMs = 1_500;
/** An absence shorter than this is not worth telling. */
const worthTellingMs = 60_000;

/** One line under a room's title while the server is out of reach. */
export function NetworkLine() {
	const { network } = useReady();
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
		</div>
	);
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
