import { createRoomRoute, joinRoomPath } from "@sotto/api";
import { invariant, type Secret } from "@sotto/bytes";
import { deriveRoomSeed, importSigningKey, roomId, roomKeyPair, type SigningKey } from "@sotto/crypto";
import type { CallMedia } from "../sdk.ts";
import { revealed } from "../store/secrets.ts";
import type { CallBase } from "./call-store.ts";

/** K5: frames that were on their way when the key changed are opened for this long. */
export const oldBaseMs = 2_000;

/**
 * What the key pair of a call's room is made of now: the newest base that makes a room (K2), or what this device was told when it
 * entered (C1). `bases` are of one call, oldest first, from the call's start or this device's entering on.
 */
export function roomSeedOf(bases: readonly CallBase[]): Secret {
	const base = bases.findLast(({ room, toldRoom }) => room || toldRoom !== undefined);
	invariant(base !== undefined, "a call's first base has a room");
	return base.toldRoom ?? deriveRoomSeed(base.secret);
}

export function roomKeyOf(bases: readonly CallBase[]): Promise<SigningKey> {
	return roomKeyPair(roomSeedOf(bases));
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
