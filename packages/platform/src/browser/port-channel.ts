import type { Channel } from "../rpc/channel.ts";
import { whenEnded } from "./life-lock.ts";

/** A channel over a MessagePort. Ports do not tell when the other end dies; its lifetime lock `lifeOfOther` does. */
export function createPortChannel(port: MessagePort, lifeOfOther: string): Channel {
	let stopWaiting = () => {};
	return {
		send: (message) => port.postMessage(message),
		listen: (received) => {
			port.onmessage = ({ data }) => received(data);
		},
		onLost: (lost) => {
			stopWaiting = whenEnded(lifeOfOther, lost);
		},
		close: () => {
			stopWaiting();
			port.close();
		},
	};
}
