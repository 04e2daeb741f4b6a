import { appendRoute, putBlobChunkRoute } from "@sotto/api";
import { type Bytes, copyBytes } from "@sotto/bytes";
import {
	blobId,
	createGroup,
	groupIdOf,
	type MlsRules,
	newBlobKey,
	newWriteCap,
	randomBytes,
	recordHash,
	sealBlob,
	sealCommit,
	sealMailbox,
	signingKeyFromSeed,
} from "@sotto/crypto";
import { directPolicy, encodePolicy, groupPolicy, makeLetter, parseDeviceList, type Policy } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AccountRecord, decodeAccount, decodeOwnPackage } from "../../packages/client/src/account/record.ts";
import { keys } from "../../packages/client/src/store/keys.ts";
import { crewWithEve, type WithEve } from "./eve.test-kit.ts";
import { bytesOf } from "./puppet.test-kit.ts";
import { expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const anything: MlsRules = { validateCredential: () => true, judgeCommit: () => true };

function accountIn(store: Person["store"]): AccountRecord {
	const account = decodeAccount(store.rows.get(keys.account) as Uint8Array);
	if (!account.ok) throw new Error("the store holds an account");
	return account.value;
}

function packageIn(store: Person["store"]): Bytes {
	const own = decodeOwnPackage(store.rows.get(store.keysLike("package/")[0] as string) as Uint8Array);
	if (!own.ok) throw new Error("an account has a package");
	return copyBytes(own.value.publicBytes);
}

type Forged = {
	/** What the group says of itself. */
	readonly policy: Policy;
	readonly groupId: Bytes;
	/** What the letter says instead. */
	readonly letter?: { readonly groupId?: Bytes; readonly kind?: "direct" | "group"; readonly welcome?: Bytes };
	/** Epochs that the group is made to have seen. */
	readonly epochs?: number;
};

/** Eve, a contact, writes a Welcome into Bob's mailbox: to a group that she made, which says what she likes. */
async function sendWelcome({ eve, evesStore }: WithEve, to: Person, forged: Forged): Promise<void> {
	const [own, theirs] = [accountIn(evesStore), accountIn(to.store)];
	let group = await createGroup({
		groupId: forged.groupId,
		keyPackage: await eve.secondDevice(),
		policyExtension: encodePolicy(forged.policy),
	});
	for (let count = 0; count < (forged.epochs ?? 0); count++) {
		const update = await sealCommit(group, { authenticatedData: new Uint8Array(), forcePath: true }, anything);
		if (update.ok) group = update.value.pendingState;
	}
	const adds = [packageIn(to.store)];
	const added = await sealCommit(group, { adds, authenticatedData: new Uint8Array() }, anything);
	if (!added.ok || added.value.welcome === undefined) throw new Error("Eve's rules allow everything");
	const [writeCap, key] = [newWriteCap(), newBlobKey()];
	const sealed = await sealBlob(key, added.value.ratchetTree);
	if (!sealed.ok) throw new Error("it is small");
	const chunk = { blobId: blobId(writeCap), writeCap: bytesOf(writeCap), index: 0, chunkCount: 1, chunk: sealed.value };
	await eve.post(putBlobChunkRoute, chunk);
	const list = await parseDeviceList(own.deviceList);
	if (!list.ok) throw new Error("it is signed");
	const { logId, readCap } = own.profile;
	const content = await makeLetter(await signingKeyFromSeed(own.deviceSeed), {
		v: 1,
		type: "welcome",
		to: theirs.mailbox.logId,
		name: "Eve",
		sentAt: Date.now(),
		profile: { logId, readCap: bytesOf(readCap), r: own.r },
		deviceList: own.deviceList,
		place: 0,
		groupId: groupIdOf(group),
		welcome: added.value.welcome,
		tree: { blobId: blobId(writeCap), key: bytesOf(key) },
		kind: forged.policy.kind,
		people: forged.policy.people.length,
		title: "Crew",
		rings: [],
		names: [],
		...forged.letter,
	});
	const { mailbox, mailboxPublicKey } = theirs;
	const letter = await sealMailbox({ logId: mailbox.logId, publicKey: mailboxPublicKey }, content);
	if (!letter.ok) throw new Error("it fits");
	const record = letter.value;
	const address = { logId: mailbox.logId, appendCap: bytesOf(mailbox.appendCap) };
	await eve.post(appendRoute, { ...address, dedupeId: recordHash(record), record });
}

test("a foreign Welcome moves nobody: not into a copy of a group one is in, nor into one that is not what its letter says", async () => {
	const crew = await crewWithEve(world, ["Bob", "Eve"], { eveKnowsAll: true });
	const { ada, eve, evesStore } = crew;
	const [bob] = crew.others as [Person];
	const key = async (store: Person["store"]) => {
		const list = await parseDeviceList(accountIn(store).deviceList);
		if (!list.ok) throw new Error("it is signed");
		return list.value.account;
	};
	const [evesKey, bobsKey, adasKey] = await Promise.all([evesStore, bob.store, ada.store].map(key));
	if (evesKey === undefined || bobsKey === undefined || adasKey === undefined) throw new Error("three accounts");
	const member = (account: typeof evesKey) => ({ account, role: "member" as const });
	const all = { ...groupPolicy(evesKey, { name: "Crew" }) };
	const both: Policy = { ...all, people: [...all.people, member(bobsKey)] };
	const copy: Policy = { ...both, people: [...both.people, member(adasKey)] };
	const { groupId } = eve.state;
	const forgeries: Readonly<Record<string, Forged>> = {
		"a copy of Crew, of a later epoch": { policy: copy, groupId: copyBytes(groupId), epochs: 9 },
		"a group that does not name Bob": { policy: all, groupId: randomBytes(32) },
		"another group than the letter says": { policy: both, groupId: randomBytes(32), letter: { groupId } },
		"a conversation of two behind a group's letter": {
			policy: directPolicy(evesKey, adasKey),
			groupId: randomBytes(32),
			letter: { kind: "group" },
		},
		"a group behind the letter of a conversation of two": {
			policy: both,
			groupId: randomBytes(32),
			letter: { kind: "direct" },
		},
		"bytes that are no Welcome": { policy: both, groupId: randomBytes(32), letter: { welcome: randomBytes(900) } },
	};
	const before = (await bob.ready()).conversations.map(({ id }) => id).toSorted();
	for (const [name, forged] of Object.entries(forgeries)) {
		await sendWelcome(crew, bob, forged);
		expectOk(await bob.client.sync());
		await until(`${name}: the letter is settled`, async () => bob.store.keysLike("request/").length === 0);
		expect((await bob.ready()).conversations.map(({ id }) => id).toSorted(), name).toEqual(before);
		await ada.say("Crew", name);
		await until("Bob reads Ada", async () => (await bob.texts("Crew")).includes(name));
		await bob.say("Crew", `${name}?`);
		await until("Ada reads Bob", async () => (await ada.texts("Crew")).includes(`${name}?`));
	}
	// The same letter, of a group that is what it says, is entered: so each of those above was refused for its own reason.
	await sendWelcome(crew, bob, { policy: { ...both, name: "Honest" }, groupId: randomBytes(32) });
	expectOk(await bob.client.sync());
	await until("Bob is in", async () => (await bob.ready()).conversations.some(({ title }) => title === "Honest"));
}, 60_000);
