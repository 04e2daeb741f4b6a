import { bytesToHex, isRecordSize, Secret, utf8 } from "@sotto/bytes";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
	aeadOpen,
	aeadSeal,
	blobChunkLength,
	blobSizes,
	deriveRoomSeed,
	roomKeyPair,
	generateHpkeKeyPair,
	generateSigningKey,
	hintContentLength,
	importAeadKey,
	isBlobSize,
	maxBlobSize,
	maxRecordContent,
	newBlobKey,
	newCallId,
	openBlob,
	openHint,
	openMailbox,
	openProfile,
	openRecord,
	openRingAddress,
	openRosterEntry,
	parseLogId,
	profileKey,
	randomBytes,
	ringAddressLength,
	sealBlob,
	sealHint,
	sealMailbox,
	sealProfile,
	sealRecord,
	sealRingAddress,
	sealRosterEntry,
	sign,
	signingKeyFromSeed,
	verify,
} from "./index.ts";
import { isUsableEd25519Key, isUsableX25519Key } from "./point-checks.ts";

const key = () => new Secret(randomBytes(32));
const refused = { ok: false, error: "doesNotOpen" };

function unwrap<T, E>(result: { ok: true; value: T } | { ok: false; error: E }): T {
	if (!result.ok) throw new Error(String(result.error));
	return result.value;
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
	return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

test("what is sealed opens under the same key and data alone; nonces are fresh", async () => {
	const [mine, data] = [key(), utf8("data")];
	const sealed = await aeadSeal(mine, utf8("content"), data);
	expect(await aeadOpen(await importAeadKey(mine), sealed, data)).toEqual({ ok: true, value: utf8("content") });
	expect(await aeadOpen(mine, sealed, utf8("other"))).toEqual(refused);
	expect(await aeadOpen(key(), sealed, data)).toEqual(refused);
	for (let at = 0; at < sealed.length; at++) {
		expect(await aeadOpen(mine, flip(sealed, at), data)).toEqual(refused);
		expect(await aeadOpen(mine, sealed.slice(0, at), data)).toEqual(refused);
	}
	const nonces = new Set<string>();
	for (let i = 0; i < 100; i++) nonces.add(bytesToHex((await aeadSeal(mine, data)).subarray(0, 12)));
	expect(nonces.size).toBe(100);
	expect((await importAeadKey(mine)).extractable).toBe(false);
});

test("a record has exactly a record size, for every content up to the largest", async () => {
	const sealKey = key();
	for (const length of [0, 1, 2016, 2017, 4064, 4065, maxRecordContent]) {
		const content = new Uint8Array(length).fill(1);
		const record = unwrap(await sealRecord(sealKey, content));
		expect(isRecordSize(record.length)).toBe(true);
		expect(unwrap(await openRecord(sealKey, record))).toEqual(content);
	}
	expect(unwrap(await sealRecord(sealKey, new Uint8Array(2016)))).toHaveLength(2048);
	expect(unwrap(await sealRecord(sealKey, new Uint8Array(2017)))).toHaveLength(4096);
	expect(await sealRecord(sealKey, new Uint8Array(maxRecordContent + 1))).toEqual({ ok: false, error: "tooLarge" });
	const record = unwrap(await sealRecord(sealKey, utf8("x")));
	expect(await openRecord(key(), record)).toEqual(refused);
	expect(await openRecord(sealKey, flip(record, 2047))).toEqual(refused);
	expect(await openRecord(sealKey, record.subarray(1))).toEqual(refused);
	// Sealed as something else under the same key, it is no record.
	expect(await openRecord(sealKey, await aeadSeal(sealKey, new Uint8Array(2020)))).toEqual(refused);
	const oddSize = await aeadSeal(sealKey, new Uint8Array(100), utf8("sotto record"));
	expect(await openRecord(sealKey, oddSize)).toEqual(refused);
});

test("a hint has exactly 64 bytes", async () => {
	const hintKey = key();
	const content = randomBytes(hintContentLength);
	const hint = await sealHint(hintKey, content);
	expect(hint).toHaveLength(64);
	expect(await openHint(hintKey, hint)).toEqual({ ok: true, value: content });
	expect(await openHint(key(), hint)).toEqual(refused);
	expect(await openHint(hintKey, hint.subarray(1))).toEqual(refused);
	expect(() => sealHint(hintKey, new Uint8Array(35))).toThrow("a hint has one size");
});

test("blobs of every length around the edges have a size class, open, and seal to the same bytes again", async () => {
	const blobKey = newBlobKey();
	for (const length of [0, 1, 4000, 5000, blobChunkLength - 4, blobChunkLength, 3 * blobChunkLength + 17]) {
		const content = new Uint8Array(length).fill(length % 251);
		const sealed = unwrap(await sealBlob(blobKey, content));
		expect(isBlobSize(sealed.length)).toBe(true);
		expect(sealed.length).toBeLessThan(Math.max(4097, 1.6 * length + 200));
		expect(unwrap(await sealBlob(blobKey, content))).toEqual(sealed);
		expect(unwrap(await openBlob(blobKey, sealed))).toEqual(content);
	}
	expect(blobSizes.at(-1)).toBe(maxBlobSize);
	expect(await sealBlob(blobKey, new Uint8Array(maxBlobSize))).toEqual({ ok: false, error: "tooLarge" });
});

test("a blob with a chunk altered, swapped, repeated or cut off does not open", async () => {
	const blobKey = newBlobKey();
	const sealed = unwrap(await sealBlob(blobKey, randomBytes(60_000).fill(1)));
	const large = unwrap(await sealBlob(blobKey, new Uint8Array(190_000)));
	expect(await openBlob(newBlobKey(), sealed)).toEqual(refused);
	for (const at of [0, 15, 16, 40_000, sealed.length - 1])
		expect(await openBlob(blobKey, flip(sealed, at))).toEqual(refused);
	const chunk = blobChunkLength + 16;
	const swapped = large.slice();
	swapped.set(large.subarray(16 + chunk, 16 + 2 * chunk), 16);
	swapped.set(large.subarray(16, 16 + chunk), 16 + chunk);
	expect(await openBlob(blobKey, swapped)).toEqual(refused);
	const repeated = large.slice();
	repeated.set(large.subarray(16, 16 + chunk), 16 + chunk);
	expect(await openBlob(blobKey, repeated)).toEqual(refused);
	for (const size of blobSizes)
		if (size < large.length) expect(await openBlob(blobKey, large.slice(0, size))).toEqual(refused);
	expect(await openBlob(blobKey, large.slice(0, 70_000))).toEqual(refused);
});

test("a signature is for one label, one message, one key", async () => {
	const [mine, other] = [await generateSigningKey(), await generateSigningKey()];
	const signature = await sign("profile", mine, utf8("message"));
	expect(signature).toHaveLength(64);
	expect(await verify("profile", mine.publicKey, utf8("message"), signature)).toBe(true);
	expect(await verify("profil", mine.publicKey, utf8("emessage"), signature)).toBe(false);
	expect(await verify("device list", mine.publicKey, utf8("message"), signature)).toBe(false);
	expect(await verify("profile", other.publicKey, utf8("message"), signature)).toBe(false);
	for (let at = 0; at < 64; at++)
		expect(await verify("profile", mine.publicKey, utf8("message"), flip(signature, at))).toBe(false);
	expect(await verify("profile", mine.publicKey, utf8("message"), signature.subarray(1))).toBe(false);
	expect(await verify("profile", randomBytes(31), utf8("message"), signature)).toBe(false);
	expect((await signingKeyFromSeed(mine.privateKey)).publicKey).toEqual(mine.publicKey);
});

test("RFC 8032 7.1: the public keys of the first two test seeds", async () => {
	const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
	for (const [seed, publicKey] of [
		[
			"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
		],
		[
			"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		],
	] as const) {
		expect(bytesToHex((await signingKeyFromSeed(new Secret(hex(seed)))).publicKey)).toBe(publicKey);
	}
});

test("keys of small order and keys with two spellings are refused on every platform alike", async () => {
	const orderEight = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
	const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
	const one = new Uint8Array(32);
	one[0] = 1;
	const nonCanonical = new Uint8Array(32).fill(0xff);
	nonCanonical[0] = 0xee;
	nonCanonical[31] = 0x7f;
	for (const bad of [new Uint8Array(32), one, nonCanonical, hex(orderEight), randomBytes(33)]) {
		expect(isUsableEd25519Key(bad)).toBe(false);
	}
	for (const bad of [new Uint8Array(32), one, nonCanonical, new Uint8Array(32).fill(0xff)]) {
		expect(isUsableX25519Key(bad)).toBe(false);
	}
	const orderEightU = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
	expect(isUsableX25519Key(hex(orderEightU))).toBe(false);
	// The small-order key for which this "signature" would be valid over every message on a platform that only multiplies.
	const forged = new Uint8Array(64);
	forged[0] = 1;
	expect(await verify("any", one, utf8("message"), forged)).toBe(false);
	for (let i = 0; i < 10; i++) {
		expect(isUsableEd25519Key((await generateSigningKey()).publicKey)).toBe(true);
		expect(isUsableX25519Key((await generateHpkeKeyPair("X25519")).publicKey)).toBe(true);
	}
});

test("profiles and mailboxes open for whom they were sealed, in record sizes, and nowhere else", async () => {
	const account = await generateSigningKey();
	const k = profileKey(account.publicKey, randomBytes(32));
	const profile = unwrap(await sealProfile(k, utf8("name")));
	expect(isRecordSize(profile.length)).toBe(true);
	expect(await openProfile(k, profile)).toEqual({ ok: true, value: utf8("name") });
	expect(await openProfile(profileKey(account.publicKey, randomBytes(32)), profile)).toEqual(refused);
	const { publicKey, privateKey } = await generateHpkeKeyPair("X-Wing");
	const [logId, otherLog] = [unwrap(parseLogId(randomBytes(32))), unwrap(parseLogId(randomBytes(32)))];
	for (const length of [0, 900, 3000, 500_000]) {
		const content = new Uint8Array(length).fill(5);
		const record = unwrap(await sealMailbox({ publicKey, logId }, content));
		expect(isRecordSize(record.length)).toBe(true);
		expect(await openMailbox({ privateKey, logId }, record)).toEqual({ ok: true, value: content });
		expect(await openMailbox({ privateKey, logId: otherLog }, record)).toEqual(refused);
		expect(await openMailbox({ privateKey: key(), logId }, record)).toEqual(refused);
	}
	expect(await openMailbox({ privateKey, logId }, new Uint8Array(2048))).toEqual(refused);
	expect(await sealMailbox({ publicKey: new Uint8Array(1216).fill(0xff), logId }, utf8("x"))).toEqual({
		ok: false,
		error: "badPublicKey",
	});
	expect(await sealMailbox({ publicKey, logId }, new Uint8Array(524_288))).toEqual({ ok: false, error: "tooLarge" });
});

test("a ring address has 97 bytes, opens at its notifier alone, and never twice alike", async () => {
	const notifier = await generateHpkeKeyPair("X25519");
	const address = { wakeId: randomBytes(32), tag: randomBytes(16), flags: 3 };
	const sealed = unwrap(await sealRingAddress(notifier.publicKey, address));
	expect(sealed).toHaveLength(ringAddressLength);
	expect(openRingAddress(notifier, sealed)).toEqual({ ok: true, value: address });
	expect(unwrap(await sealRingAddress(notifier.publicKey, address))).not.toEqual(sealed);
	expect(openRingAddress(await generateHpkeKeyPair("X25519"), sealed)).toEqual(refused);
	for (let at = 0; at < sealed.length; at++) {
		expect(openRingAddress(notifier, flip(sealed, at))).toEqual(refused);
		expect(openRingAddress(notifier, sealed.subarray(0, at))).toEqual(refused);
	}
	const noise = fc.uint8Array({ minLength: 97, maxLength: 97 });
	fc.assert(
		fc.property(noise, (bytes) => {
			expect(openRingAddress(notifier, bytes)).toEqual(refused);
		}),
	);
	expect(await sealRingAddress(new Uint8Array(32), address)).toEqual({ ok: false, error: "badPublicKey" });
});

test("roster entries and room keys hang on the call's base secret", async () => {
	const [callBase, callId] = [key(), newCallId()];
	const sealed = await sealRosterEntry(callBase, callId, utf8("entry"));
	expect(sealed).toHaveLength(1024);
	expect(await openRosterEntry(callBase, callId, sealed)).toEqual({ ok: true, value: utf8("entry") });
	expect(await openRosterEntry(callBase, newCallId(), sealed)).toEqual(refused);
	expect(await openRosterEntry(key(), callId, sealed)).toEqual(refused);
	expect(await openRosterEntry(callBase, callId, sealed.subarray(1))).toEqual(refused);
	const [room, again, other] = await Promise.all([
		roomKeyPair(deriveRoomSeed(callBase)),
		roomKeyPair(deriveRoomSeed(callBase)),
		roomKeyPair(deriveRoomSeed(key())),
	]);
	expect(room?.publicKey).toEqual(again?.publicKey);
	expect(room?.publicKey).not.toEqual(other?.publicKey);
});
