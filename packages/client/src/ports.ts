/** What the engine needs of the world. Adapters are in packages/platform, for the browser and for Node. */
import type { Bytes, Result } from "@sotto/bytes";

/** A table of the local store; see docs/spec/store.md for what each holds. Keys sort as text, byte by byte. */
export type StoreKey = string;

export type StoreOp =
	| { readonly op: "put"; readonly key: StoreKey; readonly value: Bytes }
	| { readonly op: "delete"; readonly key: StoreKey };

export type StoreError = { readonly kind: "storageFull" | "storageUnavailable" };

/**
 * One profile's strict local store: an ordered map from text keys (such as `history/…/…`) to bytes.
 * `write` is atomic, and durable when it resolves (`durability: "strict"` in IndexedDB, synchronous=FULL in SQLite).
 * Values are sealed at rest in the browser; one whose seal is broken reads as no bytes, which parses as nothing of ours. Opening the store takes the profile's lock.
 */
export interface Store {
	get(key: StoreKey): Promise<Result<Bytes | undefined, StoreError>>;
	/** Entries with `from <= key < to` in key order, or backwards with `reverse`; at most `limit`. */
	list(range: {
		readonly from: StoreKey;
		readonly to: StoreKey;
		readonly limit?: number;
		readonly reverse?: boolean;
	}): Promise<Result<readonly { readonly key: StoreKey; readonly value: Bytes }[], StoreError>>;
	write(batch: readonly StoreOp[]): Promise<Result<void, StoreError>>;
	close(): Promise<void>;
}

export type TransportError = { readonly kind: "unreachable" | "tooLarge" };

/** One request, one response; no cookies, no credentials, no referrer, no redirects, nothing cached. */
export interface Transport {
	/**
	 * POSTs `body` as application/cbor to `url`; gives up after `timeoutMs`. Never reads more than `maxResponseBytes`.
	 * `serverTime` is the answer's `Date` (RFC 9110 6.6.1), in ms since 1970, where it has one.
	 */
	post(
		url: string,
		body: Bytes,
		options: { readonly maxResponseBytes: number; readonly timeoutMs: number },
	): Promise<Result<{ readonly status: number; readonly body: Bytes; readonly serverTime?: number }, TransportError>>;
	/** Opens a WebSocket of binary frames. */
	connect(url: string, handler: SocketHandler): Socket;
}

export type SocketHandler = {
	readonly opened: () => void;
	readonly received: (frame: Bytes) => void;
	/** Called exactly once, also when it never opened. */
	readonly closed: () => void;
};

export interface Socket {
	send(frame: Bytes): void;
	close(): void;
}

export interface Clock {
	/** Milliseconds since 1970. */
	now(): number;
	/** Calls `work` once, not before `at`; returns how to cancel. */
	wakeAt(at: number, work: () => void): () => void;
}

/** `length` unpredictable bytes. */
export type Random = (length: number) => Bytes;

/** Tells when the network may have come back or changed, and when a suspended process went on. */
export interface Connectivity {
	onChange(listener: (state: "online" | "offline" | "resumed") => void): () => void;
}

export type Ports = {
	readonly store: Store;
	readonly transport: Transport;
	readonly clock: Clock;
	readonly random: Random;
	readonly connectivity: Connectivity;
};
