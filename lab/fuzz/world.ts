import {
	apiVersion,
	appendRoute,
	createLogRoute,
	createRoomRoute,
	deleteLogRoute,
	getBlobChunkRoute,
	joinRoomPath,
	notifierKeyRoute,
	putBlobChunkRoute,
	readRoute,
	type Refusal,
	ringRoute,
	type Route,
	trimRoute,
	attachPath,
} from "@sotto/api";
import { type Bytes, type CborValue, Secret } from "@sotto/bytes";
import {
	type AppendCap,
	blobId as deriveBlobId,
	capHash,
	deriveLogId,
	hash,
	type OwnerCap,
	type ReadCap,
	recordHash,
	sealRingAddress,
	type WriteCap,
} from "@sotto/crypto";
import { call } from "../crash/home-client.ts";
import { type Chance, someBytes } from "./mutate.ts";

/** A request of the contract that was carried out once: sent again as it is, it changes nothing. */
export type KnownRequest = {
	readonly route: Route<object, unknown>;
	readonly fields: { readonly [key: string]: CborValue | undefined };
	/** It was never carried out: its capability is wrong, with another change too. */
	readonly isHostile: boolean;
	/** Nothing binds its content: changed, it would be another valid request that does something. */
	readonly isFree: boolean;
};

/** A frame that a WebSocket takes as its first. */
export type KnownFrame = { readonly path: string; readonly fields: { readonly [key: string]: CborValue | undefined } };

export type World = { readonly requests: readonly KnownRequest[]; readonly frames: readonly KnownFrame[] };

/** Fills a server with something that could be broken, and returns requests that touch all of it. */
export async function buildWorld(url: string, chance: Chance): Promise<World> {
	const requests: KnownRequest[] = [];
	const carryOut = async <Q extends object, A>(route: Route<Q, A>, request: Q): Promise<A> => {
		const answer = await call(url, route, request);
		if (!answer.ok) throw new Error(`${route.path}: ${(answer.error as Refusal).code}`);
		requests.push(knownRequest(route, request));
		return answer.value;
	};
	for (let i = 0; i < 4; i++) requests.push(...(await fillLog(carryOut, chance)));
	await fillBlob(carryOut, chance);
	const { publicKey } = await carryOut(notifierKeyRoute, {});
	const wakeCap = someBytes(chance, 32);
	for (const flags of [0, 1, 2]) {
		const wakeId = hash("sotto wake", wakeCap);
		const address = await sealRingAddress(publicKey, { wakeId, tag: someBytes(chance, 16), flags });
		if (!address.ok) throw new Error(address.error);
		requests.push(knownRequest(ringRoute, { address: address.value, hint: someBytes(chance, 64), urgency: "message" }));
	}
	// A key of random bytes: a room needs no more to be made, and nobody can join it.
	const { roomId } = await carryOut(createRoomRoute, { joinPublicKey: someBytes(chance, 32) });
	return { requests, frames: [...attachFrames(wakeCap, chance), ...joinFrames(roomId, chance)] };
}

type CarryOut = <Q extends object, A>(route: Route<Q, A>, request: Q) => Promise<A>;

function knownRequest<Q extends object, A>(route: Route<Q, A>, request: Q, isHostile = false): KnownRequest {
	const isFree = route.path === createRoomRoute.path;
	const fields = request as KnownRequest["fields"];
	return { route: route as unknown as Route<object, unknown>, fields, isHostile, isFree };
}

async function fillLog(carryOut: CarryOut, chance: Chance): Promise<readonly KnownRequest[]> {
	const [readCap, appendCap, ownerCap] = [someBytes(chance, 32), someBytes(chance, 32), someBytes(chance, 32)];
	const hashOf = (cap: Bytes) => capHash(new Secret(cap) as ReadCap | AppendCap | OwnerCap);
	const hashes = { read: hashOf(readCap), append: hashOf(appendCap), owner: hashOf(ownerCap) };
	const logId = deriveLogId(hashes);
	const creation = { logId, readHash: hashes.read, appendHash: hashes.append, ownerHash: hashes.owner };
	await carryOut(createLogRoute, creation);
	const randomRecord = () => {
		const record = someBytes(chance, 2048);
		return { logId, dedupeId: recordHash(record), record };
	};
	const appended = randomRecord();
	await carryOut(appendRoute, { ...appended, appendCap });
	for (let i = 0; i < 4; i++) await carryOut(appendRoute, { ...randomRecord(), appendCap, readCap });
	await carryOut(readRoute, { logId, readCap, after: 1, limit: 2 });
	const fresh = randomRecord();
	return [
		knownRequest(appendRoute, { ...fresh, appendCap: readCap }, true),
		// This record stands in the log already: without the wrong capability the request would be a repetition.
		knownRequest(appendRoute, { ...appended, appendCap, readCap: appendCap }, true),
		knownRequest(readRoute, { logId, readCap: appendCap, after: 0, limit: 9 }, true),
		knownRequest(trimRoute, { logId, ownerCap: appendCap, upTo: 5 }, true),
		knownRequest(deleteLogRoute, { logId, ownerCap: readCap }, true),
	];
}

async function fillBlob(carryOut: CarryOut, chance: Chance): Promise<void> {
	const writeCap = someBytes(chance, 32);
	const blobId = deriveBlobId(new Secret(writeCap) as WriteCap);
	for (const index of [0, 1])
		await carryOut(putBlobChunkRoute, { blobId, writeCap, index, chunkCount: 2, chunk: someBytes(chance, 3000) });
	await carryOut(getBlobChunkRoute, { blobId, index: 1 });
}

function attachFrames(wakeCap: Bytes, chance: Chance): readonly KnownFrame[] {
	const denied = [someBytes(chance, 16)];
	return [
		{ path: attachPath, fields: { type: "attach", wakeCap, denied } },
		{ path: attachPath, fields: { type: "deny", denied } },
		{ path: attachPath, fields: { type: "ping" } },
	];
}

function joinFrames(roomId: Bytes, chance: Chance): readonly KnownFrame[] {
	const join = {
		type: "join",
		v: apiVersion,
		roomId,
		participantId: someBytes(chance, 16),
		fingerprint: someBytes(chance, 32),
		signature: someBytes(chance, 64),
	};
	return [
		{ path: joinRoomPath, fields: join },
		{ path: joinRoomPath, fields: { ...join, roomId: someBytes(chance, 32) } },
		{ path: joinRoomPath, fields: { type: "answer", sdp: "v=0\r\n" } },
		{ path: joinRoomPath, fields: { type: "ping" } },
	];
}
