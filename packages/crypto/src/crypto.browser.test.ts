// The same code where Node's crypto is missing: hashes in JavaScript, everything else by the browser's WebCrypto.
import { bytesToHex, hexToBytes, Secret, utf8 } from "@sotto/bytes";
import { expect, test } from "vitest";
import cryptoVectors from "../../../vectors/crypto.json" with { type: "json" };
import sframeVectors from "../../../vectors/sframe.json" with { type: "json" };
import {
	createReceiverKey,
	createSenderKey,
	generateHpkeKeyPair,
	generateSigningKey,
	hash,
	importCallBase,
	kdfWith,
	newParticipantId,
	openFrom,
	randomBytes,
	sealTo,
	sign,
	verify,
} from "./index.ts";
import { commit, follow, groupOf, open, product, say } from "./mls/group.test-kit.ts";
import type { GroupState } from "./mls/index.ts";
import { nodeCrypto } from "./native.ts";
import { deriveSframeKey, encryptFrame, type SframeSuite } from "./sframe/cipher.ts";
import { loadJavaScriptXWing, xWing } from "./x-wing.ts";

function bytes(hex: string): Uint8Array<ArrayBuffer> {
	const decoded = hexToBytes(hex);
	if (!decoded.ok) throw new Error("vectors are hex");
	return decoded.value;
}

test("the browser computes the vectors of H, KDF and SFrame", async () => {
	expect(nodeCrypto).toBeUndefined();
	for (const { label, parts, hash: expected } of cryptoVectors.hash) {
		expect(bytesToHex(hash(label, ...parts.map(bytes)))).toBe(expected);
	}
	for (const { secret, label, context, length, output } of cryptoVectors.kdf) {
		expect(bytesToHex(kdfWith(bytes(secret), label, context.map(bytes), length))).toBe(output);
	}
	for (const vector of sframeVectors.frames) {
		const key = await deriveSframeKey(vector.cipherSuite as SframeSuite, bytes(vector.baseKey), BigInt(vector.kid));
		const [data, plaintext] = [bytes(vector.additionalData), bytes(vector.plaintext)];
		const sealed = await encryptFrame(key, BigInt(vector.counter), data, plaintext);
		expect(vector.ciphertext.endsWith(bytesToHex(sealed))).toBe(true);
	}
});

test("the browser's X-Wing and the JavaScript one open each other's", async () => {
	const [chosen, javaScript] = [await xWing(), await loadJavaScriptXWing()];
	const seed = randomBytes(32);
	const publicKey = await javaScript.publicKey(seed);
	expect(await chosen.publicKey(seed)).toEqual(publicKey);
	const sent = await chosen.encapsulate(publicKey);
	expect(await javaScript.decapsulate(seed, sent.enc)).toEqual(sent.secret);
	const returned = await javaScript.encapsulate(publicKey);
	expect(await chosen.decapsulate(seed, returned.enc)).toEqual(returned.secret);
});

test("signatures and HPKE work by the browser's WebCrypto", async () => {
	const key = await generateSigningKey();
	const signature = await sign("label", key, utf8("message"));
	expect(await verify("label", key.publicKey, utf8("message"), signature)).toBe(true);
	expect(await verify("other", key.publicKey, utf8("message"), signature)).toBe(false);
	for (const kem of ["X25519", "X-Wing"] as const) {
		const pair = await generateHpkeKeyPair(kem);
		const sealed = await sealTo(kem, pair.publicKey, utf8("info"), utf8("data"), utf8("hello"));
		expect(sealed.ok && (await openFrom(kem, pair.privateKey, utf8("info"), utf8("data"), sealed.value))).toEqual({
			ok: true,
			value: utf8("hello"),
		});
	}
});

test("a group in the browser talks, removes a member and goes on", async () => {
	const states = (await groupOf(3, product)) as [GroupState, GroupState, GroupState];
	const hello = await say(states[0], "hello");
	for (const state of states) expect(await open(state, hello)).toMatchObject({ content: utf8("hello") });
	const removal = await commit(states[0], { removes: [2] });
	expect(await open(states[2], removal.mlsBytes)).toMatchObject({ outcome: { kind: "removed" } });
	const bob = await follow(states[1], removal.mlsBytes);
	expect(await open(removal.pendingState, await say(bob, "still here"))).toMatchObject({ content: utf8("still here") });
});

test("frames sealed in the browser open there", async () => {
	const callBase = await importCallBase(new Secret(randomBytes(32)));
	const id = { participantId: newParticipantId(), stream: 1, seat: 0, m: 0 } as const;
	const [sender, receiver] = [await createSenderKey(callBase, id), await createReceiverKey(callBase, id)];
	const frame = randomBytes(10_000);
	const sealed = await sender.seal(frame, 1);
	expect(sealed.ok && (await receiver.open(sealed.value, 1))).toEqual({ ok: true, value: frame });
});
