import { generateHpkeKeyPair, randomBytes } from "@sotto/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newIdentity, someLogId, type TestIdentity } from "./identity.test-kit.ts";
import {
	makeProfilePackage,
	makeProfileVersion,
	type ProfileVersion,
	profileVersionHash,
	readProfileRecord,
	startProfileReading,
} from "./profile.ts";
import { type ContactRequest, makeLetter, openLetter } from "./letter.ts";

async function versionOf(
	identity: TestIdentity,
	number: number,
	previous?: Uint8Array<ArrayBuffer>,
): Promise<ProfileVersion> {
	const { publicKey } = await generateHpkeKeyPair("X-Wing");
	return {
		v: 1,
		account: identity.key,
		r: identity.r,
		number,
		...(previous === undefined ? {} : { previous }),
		name: `Ada ${number}`,
		deviceList: identity.list.encoded,
		mailbox: { logId: someLogId(), appendCap: randomBytes(32), publicKey },
	};
}

async function read(identity: TestIdentity, contents: readonly Uint8Array[]) {
	let reading = startProfileReading(identity.k);
	for (const content of contents) reading = await readProfileRecord(reading, content);
	return reading;
}

test("P2: versions follow each other by name, and the newest in the chain is the one", async () => {
	const ada = await newIdentity();
	const first = await makeProfileVersion(ada.account, await versionOf(ada, 1));
	const second = await makeProfileVersion(ada.account, await versionOf(ada, 2, profileVersionHash(first.body)));
	const reading = await read(ada, [first.content, second.content, first.content]);
	expect(reading.current?.version.name).toBe("Ada 2");
	// Written again, newly sealed: nothing changes.
	expect((await read(ada, [first.content, first.content])).current?.version.number).toBe(1);
	// A version that skips or names something else is not in the chain.
	const skipping = await makeProfileVersion(ada.account, await versionOf(ada, 3, profileVersionHash(first.body)));
	expect((await read(ada, [first.content, skipping.content])).current?.version.number).toBe(1);
	const alien = await makeProfileVersion(ada.account, await versionOf(ada, 2, randomBytes(32)));
	expect((await read(ada, [first.content, alien.content])).current?.version.number).toBe(1);
});

test("P1: nobody else's key can stand behind a link, whoever can write into its log", async () => {
	const [ada, mallory] = [await newIdentity(), await newIdentity()];
	const own = await makeProfileVersion(mallory.account, await versionOf(mallory, 1));
	expect((await read(ada, [own.content])).current).toBeUndefined();
	// Ada's account named, Mallory's signature under it; and Ada's r with Mallory's account.
	const borrowed = await makeProfileVersion(mallory.account, { ...(await versionOf(ada, 1)) });
	expect((await read(ada, [borrowed.content])).current).toBeUndefined();
	const mixed = await makeProfileVersion(mallory.account, { ...(await versionOf(mallory, 1)), r: ada.r });
	expect((await read(ada, [mixed.content])).current).toBeUndefined();
	const foreignList = { ...(await versionOf(ada, 1)), deviceList: mallory.list.encoded };
	expect((await read(ada, [(await makeProfileVersion(ada.account, foreignList)).content])).current).toBeUndefined();
});

test("P2: a package counts if the device at its place signed it; the newest of a device is taken", async () => {
	const [ada, mallory] = [await newIdentity(), await newIdentity()];
	const version = (await makeProfileVersion(ada.account, await versionOf(ada, 1))).content;
	const entry = (size: number) => ({ v: 1 as const, place: 0, package: randomBytes(size), notAfter: 5 });
	const [older, newer] = [entry(10), entry(20)];
	const contents = [await makeProfilePackage(ada.device, older), await makeProfilePackage(ada.device, newer)];
	expect((await read(ada, [version, ...contents])).packages.get(0)).toEqual(newer);
	const forged = await makeProfilePackage(mallory.device, entry(30));
	expect((await read(ada, [version, ...contents, forged])).packages.get(0)).toEqual(newer);
	const unlisted = await makeProfilePackage(ada.device, { ...entry(30), place: 1 });
	expect((await read(ada, [version, unlisted])).packages.size).toBe(0);
	expect((await read(ada, contents)).packages.size).toBe(0);
});

test("P3: a request opens in the mailbox it was written for, signed by a device of the account it names", async () => {
	const [ada, mallory] = [await newIdentity(), await newIdentity()];
	const to = someLogId();
	const request: ContactRequest = {
		v: 1,
		type: "request",
		to,
		name: "Ada",
		greeting: "hello",
		sentAt: 7,
		profile: { logId: someLogId(), readCap: randomBytes(32), r: ada.r },
		deviceList: ada.list.encoded,
		place: 0,
		groupId: randomBytes(32),
		welcome: randomBytes(100),
		tree: { blobId: randomBytes(32) as ContactRequest["tree"]["blobId"], key: randomBytes(32) },
	};
	const content = await makeLetter(ada.device, request);
	const opened = await openLetter(to, content);
	expect(opened.ok && opened.value.type === "request" && opened.value.greeting).toBe("hello");
	expect(opened.ok && opened.value.account).toEqual(ada.key);
	expect(await openLetter(someLogId(), content)).toEqual({ ok: false, error: "notForThisMailbox" });
	const forged = await makeLetter(mallory.device, request);
	expect(await openLetter(to, forged)).toEqual({ ok: false, error: "badSignature" });
	expect((await openLetter(to, await makeLetter(ada.device, { ...request, greeting: "x".repeat(1001) }))).ok).toBe(
		false,
	);
});

test("no bytes make the readers throw", async () => {
	const ada = await newIdentity();
	const start = startProfileReading(ada.k);
	await fc.assert(
		fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
			expect(await readProfileRecord(start, bytes)).toBe(start);
			expect((await openLetter(someLogId(), bytes)).ok).toBe(false);
		}),
	);
});
