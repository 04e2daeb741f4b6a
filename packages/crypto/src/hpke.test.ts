import { Aes256Gcm, CipherSuite, HkdfSha256, HkdfSha512 } from "@hpke/core";
import { XWing as LibraryXWing } from "@hpke/hybridkem-x-wing";
import { bytesToHex, concat, hexToBytes, Secret, utf8 } from "@sotto/bytes";
import { expect, test } from "vitest";
import { randomBytes } from "./hash.ts";
import { hpkeKeySchedule, hpkeOpen, hpkeSeal, openFrom, sealTo } from "./hpke.ts";
import { generateHpkeKeyPair, x25519Kem, xWingKem } from "./kem.ts";
import { isUsableXWingKey } from "./point-checks.ts";
import { loadJavaScriptXWing, nativeXWing } from "./x-wing.ts";
import {
	deriveX25519PrivateKey,
	x25519Decapsulate,
	x25519DecapsulateNow,
	x25519Encapsulate,
	x25519PublicKey,
} from "./x25519.ts";

function bytes(hex: string): Uint8Array<ArrayBuffer> {
	const decoded = hexToBytes(hex);
	if (!decoded.ok) throw new Error("vectors are hex");
	return decoded.value;
}

const none = new Uint8Array();

// RFC 9180 appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0.
const rfc = {
	info: bytes("4f6465206f6e2061204772656369616e2055726e"),
	ikmE: bytes("7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234"),
	skEm: "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
	ikmR: bytes("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037"),
	skRm: "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
	pkRm: "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
	enc: "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
	sharedSecret: "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
	key: "4531685d41d65f03dc48f6b8302c05b0",
	nonce: "56d890e5accaaf011cff4b7d",
	exporterSecret: "45ff1c2e220db587171952c0592d5f5ebe103f1561a2614e38f2ffd47e99e3f8",
	plaintext: "4265617574792069732074727574682c20747275746820626561757479",
	aad: bytes("436f756e742d30"),
	ciphertext: bytes("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"),
};

test("RFC 9180 A.1.1: keys, encapsulation, key schedule and ciphertext", async () => {
	const suite = { kem: x25519Kem, kdf: "sha256", aead: "AES-128-GCM" } as const;
	const [skE, skR] = [deriveX25519PrivateKey(rfc.ikmE), deriveX25519PrivateKey(rfc.ikmR)];
	expect([bytesToHex(skE), bytesToHex(skR)]).toEqual([rfc.skEm, rfc.skRm]);
	const pkR = await x25519PublicKey(skR);
	expect(bytesToHex(pkR)).toBe(rfc.pkRm);
	const { secret, enc } = await x25519Encapsulate(pkR, skE);
	expect([bytesToHex(secret), bytesToHex(enc)]).toEqual([rfc.sharedSecret, rfc.enc]);
	expect(bytesToHex(await x25519Decapsulate(skR, enc))).toBe(rfc.sharedSecret);
	expect(bytesToHex(x25519DecapsulateNow(skR, pkR, enc))).toBe(rfc.sharedSecret);
	const schedule = hpkeKeySchedule(suite, secret, rfc.info);
	expect(bytesToHex(schedule.key)).toBe(rfc.key);
	expect(bytesToHex(schedule.nonce)).toBe(rfc.nonce);
	expect(bytesToHex(schedule.exporterSecret)).toBe(rfc.exporterSecret);
	const opened = await hpkeOpen(suite, skR, enc, rfc.info, rfc.aad, rfc.ciphertext);
	expect(opened.ok && bytesToHex(opened.value)).toBe(rfc.plaintext);
});

test("native and JavaScript X-Wing are one: same keys, each opens the other's", async () => {
	const javaScript = await loadJavaScriptXWing();
	const seed = randomBytes(32);
	const publicKey = await nativeXWing.publicKey(seed);
	expect(await javaScript.publicKey(seed)).toEqual(publicKey);
	expect(publicKey).toHaveLength(1216);
	for (const [from, to] of [
		[nativeXWing, javaScript],
		[javaScript, nativeXWing],
		[javaScript, javaScript],
		[nativeXWing, nativeXWing],
	] as const) {
		const { secret, enc } = await from.encapsulate(publicKey);
		expect(enc).toHaveLength(1120);
		expect(await to.decapsulate(seed, enc)).toEqual(secret);
	}
});

for (const [kdf, libraryKdf] of [
	["sha256", new HkdfSha256()],
	["sha512", new HkdfSha512()],
] as const) {
	test(`our HPKE with X-Wing and ${kdf} and the @hpke/core library open each other's`, async () => {
		const ours = { kem: xWingKem, kdf, aead: "AES-256-GCM" } as const;
		const library = new CipherSuite({ kem: new LibraryXWing(), kdf: libraryKdf, aead: new Aes256Gcm() });
		const seed = xWingKem.derivePrivateKey(utf8("input"));
		const pair = await library.kem.deriveKeyPair(utf8("input").buffer);
		const publicKey = await xWingKem.publicKey(seed);
		expect(new Uint8Array(await library.kem.serializePublicKey(pair.publicKey))).toEqual(publicKey);
		const [info, aad, plaintext] = [utf8("info"), utf8("aad"), utf8("plaintext")];
		const sealed = await hpkeSeal(ours, publicKey, info, aad, plaintext);
		const parameters = { recipientKey: pair.privateKey, enc: sealed.enc.buffer, info: info.buffer };
		expect(new Uint8Array(await library.open(parameters, sealed.ciphertext.buffer, aad.buffer))).toEqual(plaintext);
		const theirs = await library.seal(
			{ recipientPublicKey: pair.publicKey, info: info.buffer },
			plaintext.buffer,
			aad.buffer,
		);
		const opened = await hpkeOpen(ours, seed, new Uint8Array(theirs.enc), info, aad, new Uint8Array(theirs.ct));
		expect(opened).toEqual({ ok: true, value: plaintext });
	});
}

for (const kem of ["X25519", "X-Wing"] as const) {
	test(`what is sealed to a ${kem} key opens with it alone, under the same info and data, unaltered`, async () => {
		const pair = await generateHpkeKeyPair(kem);
		const sealed = await sealTo(kem, pair.publicKey, utf8("info"), utf8("data"), utf8("hello"));
		if (!sealed.ok) throw new Error("a usable key");
		expect(sealed.value).toHaveLength(5 + (kem === "X25519" ? 48 : 1136));
		const open = (key: Secret, info: string, data: string, value: Uint8Array) =>
			openFrom(kem, key, utf8(info), utf8(data), value);
		expect(await open(pair.privateKey, "info", "data", sealed.value)).toEqual({ ok: true, value: utf8("hello") });
		const refused = { ok: false, error: "doesNotOpen" };
		expect(await open(new Secret(randomBytes(32)), "info", "data", sealed.value)).toEqual(refused);
		expect(await open(pair.privateKey, "other", "data", sealed.value)).toEqual(refused);
		expect(await open(pair.privateKey, "info", "other", sealed.value)).toEqual(refused);
		expect(await open(pair.privateKey, "info", "data", none)).toEqual(refused);
		for (let at = 0; at < sealed.value.length; at += kem === "X25519" ? 1 : 41) {
			const flipped = sealed.value.map((byte, i) => (i === at ? byte ^ 1 : byte));
			expect(await open(pair.privateKey, "info", "data", flipped)).toEqual(refused);
			expect(await open(pair.privateKey, "info", "data", sealed.value.slice(0, at))).toEqual(refused);
		}
	});
}

test("the deterministic key check refuses what either X-Wing implementation would trip over, and nothing else", async () => {
	const javaScript = await loadJavaScriptXWing();
	const good = await nativeXWing.publicKey(randomBytes(32));
	const [mlKem, x25519] = [good.subarray(0, 1184), good.subarray(1184)];
	const tooLarge = mlKem.slice();
	tooLarge.set([0x01, 0x0d], 600); // the coefficient 3329, which is q
	const isAccepted = (key: Uint8Array) =>
		Promise.allSettled([nativeXWing, javaScript].map((kem) => kem.encapsulate(key))).then((results) =>
			results.map(({ status }) => status === "fulfilled"),
		);
	expect(isUsableXWingKey(good)).toBe(true);
	expect(await isAccepted(good)).toEqual([true, true]);
	const bad = [
		new Uint8Array(1216).fill(0xff),
		concat(tooLarge, x25519),
		good.subarray(1),
		concat(mlKem, new Uint8Array(32)),
	];
	for (const key of bad) {
		expect(isUsableXWingKey(key)).toBe(false);
		expect(await isAccepted(key)).toContain(false);
	}
	for (let i = 0; i < 20; i++) expect(isUsableXWingKey(await nativeXWing.publicKey(randomBytes(32)))).toBe(true);
});
