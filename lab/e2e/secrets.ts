import { readFile } from "node:fs/promises";
import { decodeCbor } from "@sotto/bytes";
import { filesBelow, type TappedServer } from "./tapped-server.ts";

/** Something that must not lie anywhere at the server, and what it is called when it does. */
export type Needle = { readonly what: string; readonly bytes: Buffer };

/** The shapes in which bytes end up in files and logs. */
function spellings(bytes: Buffer): readonly Buffer[] {
	const hex = bytes.toString("hex");
	const list = [hex, hex.toUpperCase(), bytes.toString("base64").replace(/=+$/, ""), bytes.toString("base64url")];
	return [bytes, ...list.map((text) => Buffer.from(text))];
}

export function textNeedle(what: string, text: string): readonly Needle[] {
	return [
		{ what, bytes: Buffer.from(text) },
		{ what: `${what} (UTF-16)`, bytes: Buffer.from(text, "utf16le") },
	];
}

/** The capabilities that clients showed in their requests: the server hashes and forgets them. */
export async function shownCapabilities(bodiesPath: string): Promise<readonly Needle[]> {
	const tap = await readFile(bodiesPath);
	const found = new Map<string, Needle>();
	for (let at = 0; at + 4 <= tap.length; ) {
		const length = tap.readUInt32BE(at);
		const body = decodeCbor(new Uint8Array(tap.subarray(at + 4, at + 4 + length)));
		at += 4 + length;
		if (!body.ok || typeof body.value !== "object" || body.value === null) continue;
		for (const [name, value] of Object.entries(body.value))
			if (name.endsWith("Cap") && value instanceof Uint8Array)
				found.set(Buffer.from(value).toString("hex"), { what: name, bytes: Buffer.from(value) });
	}
	return [...found.values()];
}

/** Where any of the needles lies: in the data folder, in what the server printed, in the tap of its rooms. */
export async function searchServer(server: TappedServer, needles: readonly Needle[]): Promise<readonly string[]> {
	const haystacks = [
		...(await filesBelow(server.dataFolder)),
		{ path: "logs", bytes: Buffer.from(server.logs()) },
		// Missing as long as there was no room.
		{ path: "media tap", bytes: await readFile(server.tapPath).catch(() => Buffer.alloc(0)) },
	];
	return needles.flatMap(({ what, bytes }) =>
		spellings(bytes).flatMap((spelling) =>
			haystacks.filter((haystack) => haystack.bytes.includes(spelling)).map(({ path }) => `${what} in ${path}`),
		),
	);
}
