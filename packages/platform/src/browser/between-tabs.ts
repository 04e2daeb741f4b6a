import type { Channel } from "../rpc/channel.ts";
import { rpcVersion } from "../rpc/messages.ts";
import { whenEnded } from "./life-lock.ts";

/** Letters between engine workers of one origin: there is one host, and workers that could not get the profile's lock. */
type Letter =
	/** From the host to everybody: it is there now. `life` is its lifetime lock. */
	| { readonly kind: "hosting"; readonly life: string }
	/** From a guest: who hosts? */
	| { readonly kind: "asking" }
	/** From a guest to the host; `guest` is its lifetime lock and its address. */
	| { readonly kind: "toHost"; readonly guest: string; readonly message: unknown }
	| { readonly kind: "toGuest"; readonly guest: string; readonly message: unknown };

/** Engines of another version are on another channel: they cannot serve our pages. */
const channelName = (profile: string) => `${profile}-engine-${rpcVersion}`;

/** At the host: `joined` is called with a channel for each guest. Returns how to stop. */
export function receiveGuests(profile: string, life: string, joined: (channel: Channel) => void): () => void {
	const post = new BroadcastChannel(channelName(profile));
	const send = (letter: Letter) => post.postMessage(letter);
	const guests = new Map<string, (message: unknown) => void>();
	post.onmessage = ({ data }: MessageEvent<Letter>) => {
		if (data.kind === "asking") send({ kind: "hosting", life });
		if (data.kind !== "toHost") return;
		const { guest, message } = data;
		if (!guests.has(guest)) {
			guests.set(guest, () => undefined);
			const leave = () => guests.delete(guest);
			joined(guestChannel(guest, { send, leave, listen: (received) => guests.set(guest, received) }));
		}
		guests.get(guest)?.(message);
	};
	send({ kind: "hosting", life });
	return () => post.close();
}

function guestChannel(
	guest: string,
	host: {
		readonly send: (letter: Letter) => void;
		readonly leave: () => void;
		readonly listen: (received: (message: unknown) => void) => void;
	},
): Channel {
	let stopWaiting = () => {};
	return {
		send: (message) => host.send({ kind: "toGuest", guest, message }),
		listen: host.listen,
		onLost: (lost) => {
			stopWaiting = whenEnded(guest, lost);
		},
		close: () => {
			stopWaiting();
			host.leave();
		},
	};
}

/** At a guest: `found` is called with a channel to each host in turn. Returns how to stop. */
export function seekHost(profile: string, ownLife: string, found: (channel: Channel) => void): () => void {
	const post = new BroadcastChannel(channelName(profile));
	const send = (letter: Letter) => post.postMessage(letter);
	let host: string | undefined;
	let receive = (_message: unknown) => {};
	const channelTo = (life: string): Channel => {
		let stopWaiting = () => {};
		return {
			send: (message) => send({ kind: "toHost", guest: ownLife, message }),
			listen: (received) => {
				receive = received;
			},
			onLost: (lost) => {
				stopWaiting = whenEnded(life, lost);
			},
			close: () => stopWaiting(),
		};
	};
	post.onmessage = ({ data }: MessageEvent<Letter>) => {
		if (data.kind === "hosting" && data.life !== host) {
			host = data.life;
			found(channelTo(data.life));
		}
		if (data.kind === "toGuest" && data.guest === ownLife) receive(data.message);
	};
	send({ kind: "asking" });
	return () => post.close();
}
