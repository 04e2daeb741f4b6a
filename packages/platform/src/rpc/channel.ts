/** Two ends that exchange messages in order: a MessagePort, a BroadcastChannel between tabs, a local socket. */
export type Channel = {
	readonly send: (message: unknown) => void;
	/** Called with every message; at most one listener. */
	readonly listen: (received: (message: unknown) => void) => void;
	/** Calls `lost` once when the other end is gone, where that can be known. */
	readonly onLost: (lost: () => void) => void;
	readonly close: () => void;
};
