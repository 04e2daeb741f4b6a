import { type Bytes, equalBytes, ok } from "@sotto/bytes";
import {
	type AccountKey,
	createKeyPackage,
	defaultSuite,
	deriveLogId,
	generateLeafSignatureKey,
	generateSigningKey,
	type KeyPackageSecrets,
	randomBytes,
	sign,
	signingKeyFromSeed,
	type SigningKey,
} from "@sotto/crypto";
import {
	type DeviceList,
	directPolicy,
	groupPolicy,
	makeCredential,
	makeStatement,
	type OpenedReadmission,
	type Policy,
	type Statement,
	signDeviceList,
	type Wish,
} from "@sotto/protocol";
import { beforeAll, expect, test } from "vitest";
import { Readmitter } from "./answering.ts";

const now = Date.UTC(2026, 10, 25);
const dayMs = 24 * 3600_000;
const groupId = randomBytes(32);

type Account = {
	readonly account: SigningKey;
	readonly key: AccountKey;
	readonly device: SigningKey;
	readonly list: DeviceList;
};
let ada: Account;
let eve: Account;
let adasPackage: KeyPackageSecrets;

beforeAll(async () => {
	[ada, eve] = [await newAccount(), await newAccount()];
	adasPackage = await packageOf(ada);
});

async function newAccount(): Promise<Account> {
	const [account, device] = [await generateSigningKey(), await generateSigningKey()];
	const list = await signDeviceList(account, [device.publicKey]);
	return { account, key: account.publicKey as AccountKey, device, list };
}

async function packageOf({ list, device }: Account, lifetimeMs = 90 * dayMs): Promise<KeyPackageSecrets> {
	const signatureKey = await generateLeafSignatureKey();
	const credential = await makeCredential(list, 0, device, signatureKey.publicKey);
	return createKeyPackage({ suite: defaultSuite, credential, signatureKey, now, lifetimeMs });
}

async function letterOf(
	own: KeyPackageSecrets,
	signer: SigningKey,
	said: Partial<Statement & { type: "enter" }> = {},
): Promise<OpenedReadmission> {
	const enter = {
		v: 1 as const,
		type: "enter" as const,
		groupId,
		account: ada.key,
		epoch: 3,
		package: own.hash,
		...said,
	};
	const statement = await makeStatement(enter, (label, message) => sign(label, signer, message));
	const logId = deriveLogId({ read: randomBytes(32), append: randomBytes(32), owner: randomBytes(32) } as never);
	return {
		v: 1,
		type: "readmission",
		to: logId,
		name: "Ada",
		sentAt: now,
		profile: { logId, readCap: randomBytes(32), r: randomBytes(32) },
		deviceList: ada.list.encoded,
		place: 0,
		groupId,
		statement,
		keyPackage: own.publicBytes,
		letterTo: { logId, appendCap: randomBytes(32), publicKey: randomBytes(1216) },
		account: ada.key,
		devices: ada.list,
	};
}

/** What a member of one conversation wishes after a letter. */
async function wishesAfter(
	letter: OpenedReadmission,
	about: { readonly policy?: Policy; readonly stopped?: boolean; readonly seen?: number; readonly own?: Account } = {},
): Promise<readonly Wish[]> {
	const wishes: Wish[] = [];
	const conversation = {
		policy: about.policy ?? directPolicy(ada.key, eve.key),
		held: { state: { groupId, stop: about.stopped ? { kind: "removed" } : undefined } },
		wish: async (wished: readonly Wish[]) => ok(wishes.push(...wished)),
	};
	const readmitter = new Readmitter({
		engine: { clock: { now: () => now } },
		account: { keys: { key: about.own?.key ?? eve.key, list: { version: about.seen ?? 1 } } },
		people: { sawDevices: async (_: Bytes, list: DeviceList) => list.version >= (about.seen ?? 1) },
		directory: { all: () => [conversation] },
	} as unknown as ConstructorParameters<typeof Readmitter>[0]);
	await readmitter.receive(letter);
	return wishes;
}

test("D3: whoever asks with its account's word, its own package and a listed device is wished in", async () => {
	const letter = await letterOf(adasPackage, ada.account);
	expect(await wishesAfter(letter, { own: ada })).toHaveLength(1);
	const [wish, ...more] = await wishesAfter(letter);
	expect(more).toEqual([]);
	expect(wish).toMatchObject({ kind: "carriedOut", comes: { account: ada.key } });
	expect(wish?.kind === "carriedOut" && wish.comes && equalBytes(wish.comes.device.device, ada.device.publicKey)).toBe(
		true,
	);
});

test("D3: a leaf that asks to be replaced signs so itself; another leaf's word is nothing", async () => {
	const leaf = await generateLeafSignatureKey();
	const other = await generateLeafSignatureKey();
	const said = {
		v: 1 as const,
		type: "replace" as const,
		groupId,
		leafNode: randomBytes(32),
		package: adasPackage.hash,
	};
	const key = await signingKeyFromSeed(leaf.privateKey);
	const statement = await makeStatement(said, (label, message) => sign(label, key, message));
	const letter = { ...(await letterOf(adasPackage, ada.account)), statement };
	const [wish] = await wishesAfter({ ...letter, signatureKey: leaf.publicKey });
	expect(wish).toMatchObject({ kind: "carriedOut", signatureKey: leaf.publicKey });
	expect(await wishesAfter({ ...letter, signatureKey: other.publicKey })).toEqual([]);
	expect(await wishesAfter(letter)).toEqual([]);
});

test("D3: nobody is wished in by another's word, with another's package, or by a device that its account has replaced", async () => {
	const letter = await letterOf(adasPackage, ada.account);
	const evesPackage = await packageOf(eve);
	const refused: { readonly [why: string]: Promise<readonly Wish[]> } = {
		"signed by somebody else": wishesAfter(await letterOf(adasPackage, eve.account)),
		"signed by the device alone": wishesAfter(await letterOf(adasPackage, ada.device)),
		"speaks for somebody else": wishesAfter(await letterOf(evesPackage, eve.account, { account: eve.key })),
		"somebody else's package": wishesAfter(await letterOf(evesPackage, ada.account)),
		"a package that the statement does not name": wishesAfter({ ...letter, keyPackage: evesPackage.publicBytes }),
		"a package that has lapsed": wishesAfter(await letterOf(await packageOf(ada, -dayMs), ada.account)),
		"another listed device": wishesAfter({ ...letter, place: 1 }),
		"a newer list was seen": wishesAfter(letter, { seen: 2 }),
		"a newer list of the own account": wishesAfter(letter, { seen: 2, own: ada }),
		"no member": wishesAfter(letter, { policy: groupPolicy(eve.key, { name: "without Ada" }) }),
		"another group": wishesAfter({ ...letter, groupId: randomBytes(32) }),
		"a conversation that was left": wishesAfter(letter, { stopped: true }),
		"no statement at all": wishesAfter({ ...letter, statement: randomBytes(64) }),
	};
	for (const [why, wishes] of Object.entries(refused))
		expect({ why, wishes: await wishes }).toEqual({ why, wishes: [] });
});
