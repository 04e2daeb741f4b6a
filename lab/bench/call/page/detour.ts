declare global {
	interface Window {
		/** Opens a line to this port and gives the port of 127.0.0.1 that leads into it. Missing where the line is a good one. */
		throughLine?: (address: string, port: number) => Promise<number>;
	}
}

/** Every connection of this page, the oldest first. */
export const connections: RTCPeerConnection[] = [];

/** Connections that reach the other end through a line of the bench instead of where its description says. */
window.RTCPeerConnection = class extends RTCPeerConnection {
	constructor(configuration?: RTCConfiguration) {
		super(configuration);
		connections.push(this);
	}

	override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
		return super.setRemoteDescription({ ...description, sdp: await detour(description.sdp ?? "") });
	}
};

const udpCandidate = /^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host.*$/im;

/** The first address is led through the line, the others are left out. */
async function detour(sdp: string): Promise<string> {
	const found = udpCandidate.exec(sdp);
	if (window.throughLine === undefined || found === null) return sdp;
	const port = await window.throughLine(found[1] ?? "", Number(found[2]));
	const [ours, ...others] = sdp
		.split("\r\n")
		.flatMap((line, index) => (line.startsWith("a=candidate:") ? [index] : []));
	return sdp
		.split("\r\n")
		.map((line, index) => (index === ours ? `a=candidate:1 1 udp 2122260223 127.0.0.1 ${port} typ host` : line))
		.filter((_, index) => !others.includes(index))
		.join("\r\n");
}
