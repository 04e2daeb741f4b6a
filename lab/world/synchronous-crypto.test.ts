import { Secret, utf8 } from "@sotto/bytes";
import {
	aeadOpen,
	aeadSeal,
	generateHpkeKeyPair,
	openFrom,
	randomBytes,
	sealTo,
	sign,
	signingKeyFromSeed,
	verify,
} from "@sotto/crypto";
import { expect, test } from "vitest";
import { seeded } from "../seeded.ts";
import { installSynchronousCrypto, type Sealing } from "./synchronous-crypto.ts";

/** Does `work` with the world's crypto, then gives the platform its own back. */
async function replaced<T>(work: (replacement: ReturnType<typeof installSynchronousCrypto>) => Promise<T>): Promise<T> {
	const replacement = installSynchronousCrypto();
	replacement.seed(seeded(1));
	try {
		return await work(replacement);
	} finally {
		replacement.remove();
	}
}

const text = utf8("the same words");

test("what the one seals and signs, the other opens and verifies", async () => {
	const key = new Secret(randomBytes(32));
	const ours = await replaced(async () => ({
		sealed: await aeadSeal(key, text, text),
		signature: await sign("test", await signingKeyFromSeed(key), text),
		publicKey: (await signingKeyFromSeed(key)).publicKey,
	}));
	const theirs = {
		sealed: await aeadSeal(key, text),
		signature: await sign("test", await signingKeyFromSeed(key), text),
	};
	expect(await aeadOpen(key, ours.sealed, text)).toEqual({ ok: true, value: text });
	expect(ours.publicKey).toEqual((await signingKeyFromSeed(key)).publicKey);
	// Ed25519 is deterministic.
	expect(ours.signature).toEqual(theirs.signature);
	await replaced(async () => {
		expect(await aeadOpen(key, theirs.sealed)).toEqual({ ok: true, value: text });
		expect((await aeadOpen(key, theirs.sealed, text)).ok).toBe(false);
		expect(await verify("test", ours.publicKey, text, theirs.signature)).toBe(true);
		expect(await verify("other", ours.publicKey, text, theirs.signature)).toBe(false);
	});
});

test.each(["X25519", "X-Wing"] as const)("HPKE over %s goes both ways between the two", async (kem) => {
	const theirs = await generateHpkeKeyPair(kem);
	const ours = await replaced(() => generateHpkeKeyPair(kem));
	const seal = (publicKey: Uint8Array) => sealTo(kem, publicKey, text, text, text);
	const [toTheirs, toOurs] = [await replaced(() => seal(theirs.publicKey)), await seal(ours.publicKey)];
	if (!toTheirs.ok || !toOurs.ok) throw new Error("the keys are usable");
	expect(await openFrom(kem, theirs.privateKey, text, text, toTheirs.value)).toEqual({ ok: true, value: text });
	await replaced(async () => {
		expect(await openFrom(kem, ours.privateKey, text, text, toOurs.value)).toEqual({ ok: true, value: text });
		expect((await openFrom(kem, ours.privateKey, text, text, toTheirs.value)).ok).toBe(false);
	});
});

test("the same seed gives the same bytes, and every sealing is told", async () => {
	const run = () =>
		replaced(async ({ watch }) => {
			const seen: Sealing[] = [];
			watch((sealing) => seen.push(sealing));
			const sealed = await aeadSeal(new Secret(randomBytes(32)), text, utf8("about"));
			expect(seen).toMatchObject([{ plaintext: text, aad: utf8("about") }]);
			expect(Buffer.from(sealed.subarray(-16)).toString("hex")).toBe(seen[0]?.tag);
			return sealed;
		});
	expect(await run()).toEqual(await run());
});
