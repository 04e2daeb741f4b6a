import { createRoomRoute, joinRoomPath } from "@sotto/api";
import { invariant } from "@sotto/bytes";
import { deriveRoomKeyPair, importSigningKey, roomId, type SigningKey } from "@sotto/crypto";
import type { CallMedia } from "../sdk.ts";
import { revealed } from "../store/secrets.ts";
import type { CallBase } from "./call-store.ts";

/** K5: frames that were on their way when the key changed are opened for this long. */
export const oldBaseMs = 2_000;

/** The room of a call now: of the newest base that makes one (K2). `bases` are of one call, oldest first, at least the start's. */
export async function roomKeyOf(bases: readonly CallBase[]): Promise<SigningKey> {
	const base = bases.findLast(({ room }) => room);
	invariant(base !== undefined, "a call's first base makes a room");
	return deriveRoomKeyPair(base.secret);
}

/** What the page's media needs (K2, K6). The secret bytes in it are for the SFrame worker. */
export async function callMediaOf(
	call: string,
	bases: readonly CallBase[],
	serverUrl: string,
	now: number,
): Promise<CallMedia> {
	const key = await roomKeyOf(bases);
	const newest = bases.at(-1) as CallBase;
	const inUse = bases.filter((_, index) => {
		const next = bases[index + 1];
		return next === undefined || now - next.takenAt < oldBaseMs;
	});
	return {
		call,
		...roomUrlsOf(serverUrl),
		m: newest.m,
		roomId: roomId(key.publicKey),
		joinPublicKey: key.publicKey,
		joinKey: await importSigningKey(key.privateKey),
		callBases: inUse.map(({ m, secret }) => ({ m, callBase: revealed(secret) })),
	};
}

export function roomUrlsOf(serverUrl: string): { readonly joinUrl: string; readonly createUrl: string } {
	return {
		joinUrl: `${serverUrl.replace(/^http/, "ws")}${joinRoomPath}`,
		createUrl: `${serverUrl}${createRoomRoute.path}`,
	};
}
