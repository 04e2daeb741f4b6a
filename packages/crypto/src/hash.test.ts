import { bytesToHex, hexToBytes, Secret } from "@sotto/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import vectors from "../../../vectors/crypto.json" with { type: "json" };
import {
	blobId,
	capHash,
	deriveLogId,
	deriveLogSecrets,
	encodeParts,
	hash,
	kdfWith,
	nextHead,
	parseAppendCap,
	parseCallId,
	parseLogId,
	parseOwnerCap,
	parseReadCap,
	parseWriteCap,
	profileKey,
	recordHash,
	roomId,
	shapeOf,
} from "./index.ts";

function bytes(hex: string): Uint8Array<ArrayBuffer> {
	const decoded = hexToBytes(hex);
	if (!decoded.ok) throw new Error("vectors are hex");
	return decoded.value;
}

function parsed<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
	if (!result.ok) throw new Error(result.error);
	return result.value;
}

const hexOf = (secret: Secret): string => secret.use(bytesToHex);

test("H and KDF give what an independent program computed from the spec", () => {
	for (const { label, parts, hash: expected } of vectors.hash) {
		expect(bytesToHex(hash(label, ...parts.map(bytes)))).toBe(expected);
	}
	for (const { secret, label, context, length, output } of vectors.kdf) {
		expect(bytesToHex(kdfWith(bytes(secret), label, context.map(bytes), length))).toBe(output);
		expect(bytesToHex(kdfWith(new Secret(bytes(secret)), label, context.map(bytes), length))).toBe(output);
	}
});

test("log ids, heads, blob, room and profile ids follow L1, L2 and P1", () => {
	const { log, ids } = vectors;
	const hashes = {
		read: capHash(parsed(parseReadCap(bytes(log.readCap)))),
		append: capHash(parsed(parseAppendCap(bytes(log.appendCap)))),
		owner: capHash(parsed(parseOwnerCap(bytes(log.ownerCap)))),
	};
	expect(Object.values(hashes).map(bytesToHex)).toEqual([log.readHash, log.appendHash, log.ownerHash]);
	const logId = deriveLogId(hashes);
	expect(bytesToHex(logId)).toBe(log.logId);
	let head: Parameters<typeof nextHead>[0] = logId;
	for (const { record, recordHash: expected, seq, head: expectedHead } of log.records) {
		expect(bytesToHex(recordHash(bytes(record)))).toBe(expected);
		head = nextHead(head, seq, recordHash(bytes(record)));
		expect(bytesToHex(head)).toBe(expectedHead);
	}
	expect(bytesToHex(blobId(parsed(parseWriteCap(bytes(ids.writeCap)))))).toBe(ids.blobId);
	expect(bytesToHex(roomId(bytes(ids.joinPublicKey)))).toBe(ids.roomId);
	expect(hexOf(profileKey(bytes(ids.accountKey), bytes(ids.linkRandom)))).toBe(ids.profileKey);
});

test("a conversation's logs have secrets of their own, and no owner (C1, L3)", () => {
	for (const expected of vectors.logSecrets) {
		const secrets = deriveLogSecrets(new Secret(bytes(expected.logSeed)), expected.index);
		expect({
			logSeed: expected.logSeed,
			index: expected.index,
			readCap: hexOf(secrets.readCap),
			appendCap: hexOf(secrets.appendCap),
			ownerHash: bytesToHex(secrets.ownerHash),
			sealKey: hexOf(secrets.sealKey),
			hintKey: hexOf(secrets.hintKey),
			logId: bytesToHex(secrets.logId),
		}).toEqual(expected);
	}
	expect(vectors.logSecrets[0]?.logId).not.toBe(vectors.logSecrets[1]?.logId);
});

test("no two lists of parts encode alike", () => {
	const part = fc.uint8Array({ maxLength: 6 });
	const list = fc.tuple(fc.string({ maxLength: 4 }), fc.array(part, { maxLength: 4 }));
	fc.assert(
		fc.property(list, list, ([labelA, partsA], [labelB, partsB]) => {
			const same = JSON.stringify([labelA, partsA]) === JSON.stringify([labelB, partsB]);
			const encodedAlike = bytesToHex(encodeParts(labelA, partsA)) === bytesToHex(encodeParts(labelB, partsB));
			expect(encodedAlike).toBe(same);
		}),
		{ numRuns: 1000 },
	);
	expect(encodeParts("a", [new Uint8Array([98])])).not.toEqual(encodeParts("ab", []));
});

test("ids have one length, capabilities do not print, and shapes carry both through CBOR", () => {
	expect(parseLogId(new Uint8Array(31))).toEqual({ ok: false, error: "wrongLength" });
	expect(parseCallId(new Uint8Array(32)).ok).toBe(false);
	expect(parseReadCap(new Uint8Array(33)).ok).toBe(false);
	expect(JSON.stringify(parseReadCap(new Uint8Array(32).fill(7)))).toBe('{"ok":true,"value":"[secret]"}');
	expect(shapeOf(parseLogId)(new Uint8Array(32), "at")).toEqual({ ok: true, value: new Uint8Array(32) });
	expect(shapeOf(parseLogId)("x", "at")).toEqual({ ok: false, error: { kind: "wrongShape", at: "at" } });
});
