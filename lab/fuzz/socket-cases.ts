import { attachEventShape, attachPath, roomEventShape } from "@sotto/api";
import { type Bytes, encodeCbor, parseCbor } from "@sotto/bytes";
import { WebSocket } from "ws";
import { below, type Chance, mutateBytes, mutateFields, pick, someBytes, someLength, strangeCbor } from "./mutate.ts";
import type { World } from "./world.ts";

/** What one connection says, frame by frame. */
export type SocketCase = { readonly path: string; readonly frames: readonly (Bytes | string)[] };

export function someSocketCase(chance: Chance, { frames }: World): SocketCase {
	const first = pick(chance, frames);
	const ofPath = frames.filter(({ path }) => path === first.path);
	const frame = (): Bytes | string => {
		const { fields } = pick(chance, ofPath);
		switch (below(chance, 8)) {
			case 0:
				return someBytes(chance, someLength(chance, 5000));
			case 1:
				return strangeCbor(chance);
			case 2:
			case 3:
				return mutateBytes(chance, encodeCbor(fields));
			case 4:
				return mutateFields(chance, fields);
			case 5:
				return pick(chance, ["", "text", "\u0000", JSON.stringify({ type: "ping" })]);
			default:
				return encodeCbor(fields);
		}
	};
	return { path: first.path, frames: Array.from({ length: 1 + below(chance, 6) }, frame) };
}

/** Opens a connection, says it all, and returns what was wrong with what came back. */
export function sendFrames(url: string, { path, frames }: SocketCase): Promise<readonly string[]> {
	const faults: string[] = [];
	const shape = path === attachPath ? attachEventShape : roomEventShape;
	return new Promise((resolve) => {
		const socket = new WebSocket(url.replace(/^http/, "ws") + path, { perMessageDeflate: false });
		const giveUp = setTimeout(() => socket.terminate(), 5_000);
		socket.on("open", () => {
			for (const frame of frames) socket.send(frame);
			// Our close frame follows the others: the far end reads them first.
			socket.close();
		});
		socket.on("message", (data, isBinary) => {
			if (!isBinary) faults.push("a text frame");
			else if (!parseCbor<unknown>(shape, data as Buffer).ok) faults.push("an event that does not parse");
		});
		// 503 and 429 at the upgrade, and a connection cut off, are answers too.
		socket.on("error", () => {});
		socket.on("close", () => {
			clearTimeout(giveUp);
			resolve(faults);
		});
	});
}
