/** What a camera's layer was sent so far. */
export type SentLayer = {
	readonly rid: string;
	readonly bytes: number;
	readonly frames: number;
	readonly frameHeight: number;
	readonly active: boolean;
};

const connections: RTCPeerConnection[] = [];

/** Keeps what the session connects with, so that the test can read the browser's own counts. To be called before it begins. */
export function keepConnections(): void {
	const Kept = class extends RTCPeerConnection {
		constructor(configuration?: RTCConfiguration) {
			super(configuration);
			connections.push(this);
		}
	};
	Object.assign(window, { RTCPeerConnection: Kept });
}

/** What the camera sends on the newest connection, by layer, as the browser counts it. */
export async function sentCamera(): Promise<readonly SentLayer[]> {
	const connected = connections.filter(({ connectionState }) => connectionState === "connected").at(-1);
	const sent: SentLayer[] = [];
	for (const entry of ((await connected?.getStats())?.values() ?? []) as Iterable<Record<string, unknown>>) {
		if (entry["type"] !== "outbound-rtp" || entry["mid"] !== "uv") continue;
		const count = (name: string) => Number(entry[name] ?? 0);
		sent.push({
			rid: typeof entry["rid"] === "string" ? entry["rid"] : "",
			bytes: count("bytesSent"),
			frames: count("framesSent"),
			frameHeight: count("frameHeight"),
			active: entry["active"] !== false,
		});
	}
	return sent;
}
