import { networkInterfaces } from "node:os";
import type { Connectivity } from "@sotto/client";
import { watchForResume } from "../timer-clock.ts";

const lookEveryMs = 5_000;

/** Watches the machine's own addresses and its sleep. A change of address is told as "online": worth trying at once. */
export function createNodeConnectivity(resumedToo: () => void = () => undefined): Connectivity {
	return {
		onChange: (listener) => {
			let addresses = outwardAddresses();
			const timer = setInterval(() => {
				const now = outwardAddresses();
				if (now === addresses) return;
				addresses = now;
				listener(now === "" ? "offline" : "online");
			}, lookEveryMs);
			timer.unref();
			const stopWatching = watchForResume(() => {
				resumedToo();
				listener("resumed");
			});
			return () => {
				clearInterval(timer);
				stopWatching();
			};
		},
	};
}

function outwardAddresses(): string {
	return Object.values(networkInterfaces())
		.flatMap((entries) => entries ?? [])
		.filter((entry) => !entry.internal)
		.map((entry) => entry.address)
		.toSorted()
		.join(" ");
}
