import { appendRoute, putBlobChunkRoute } from "@sotto/api";
import { type Bytes, copyBytes } from "@sotto/bytes";
import {
	type AccountKey,
	type BlobId,
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
import { type AccountRecord, decodeAccount, decodeOwnPackage } from "../../packages/client/src/account/record.ts";
import { keys } from "../../packages/client/src/store/keys.ts";
import type { MemoryStore } from "../memory-store.ts";
import { bytesOf, type Puppet } from "./puppet.test-kit.ts";

const anything: MlsRules = { validateCredential: () => true, judgeCommit: () => true };

function accountIn(store: MemoryStore): AccountRecord {
	const account = decodeAccount(store.rows.get(keys.account) as Uint8Array);
	if (!account.ok) throw new Error("the store holds an account");
	return account.value;
}

export function packageIn(store: MemoryStore): Bytes {
	const own = decodeOwnPackage(store.rows.get(store.keysLike("package/")[0] as string) as Uint8Array);
	if (!own.ok) throw new Error("an account has a package");
	return copyBytes(own.value.publicBytes);
}

export async function accountKeyIn(store: MemoryStore): Promise<AccountKey> {
	const list = await parseDeviceList(accountIn(store).deviceList);
	if (!list.ok) throw new Error("it is signed");
	return list.value.account;
}

export type Forged = {
	/** What the group says of itself. */
	readonly policy: Policy;
	readonly groupId: Bytes;
	/** What the letter says instead. */
	readonly letter?: { readonly groupId?: Bytes; readonly kind?: "direct" | "group"; readonly welcome?: Bytes };
	/** Epochs that the group is made to have seen. */
	readonly epochs?: number;
};

/** Welcomes of Eve's that move nobody who gets them, each for a reason of its own. */
export async function forgeries(
	eve: Puppet,
	to: MemoryStore,
	third: MemoryStore,
): Promise<Readonly<Record<string, Forged>>> {
	const [own, theirs, others] = await Promise.all([eve.store, to, third].map(accountKeyIn));
	if (own === undefined || theirs === undefined || others === undefined) throw new Error("three accounts");
	const member = (account: AccountKey) => ({ account, role: "member" as const });
	const alone = groupPolicy(own, { name: "Crew" });
	const both: Policy = { ...alone, people: [...alone.people, member(theirs)] };
	const all: Policy = { ...both, people: [...both.people, member(others)] };
	const groupId = copyBytes(eve.state.groupId);
	return {
		"a copy of a group that one is in, of a later epoch": { policy: all, groupId, epochs: 9 },
		"a group that does not name who is added": { policy: alone, groupId: randomBytes(32) },
		"another group than the letter says": { policy: both, groupId: randomBytes(32), letter: { groupId } },
		"a conversation of two behind a group's letter": {
			policy: directPolicy(own, others),
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
}

/** Writes a Welcome of Eve's into somebody's mailbox: to a group that she made, which says what she likes. */
export async function sendWelcome(eve: Puppet, to: MemoryStore, forged: Forged): Promise<void> {
	const [own, theirs] = [accountIn(eve.store), accountIn(to)];
	let group = await createGroup({
		groupId: forged.groupId,
		keyPackage: await eve.secondDevice(),
		policyExtension: encodePolicy(forged.policy),
	});
	for (let count = 0; count < (forged.epochs ?? 0); count++) {
		const update = await sealCommit(group, { authenticatedData: new Uint8Array(), forcePath: true }, anything);
		if (update.ok) group = update.value.pendingState;
	}
	const added = await sealCommit(group, { adds: [packageIn(to)], authenticatedData: new Uint8Array() }, anything);
	if (!added.ok || added.value.welcome === undefined) throw new Error("Eve's rules allow everything");
	const tree = await putTree(eve, added.value.ratchetTree);
	const list = await parseDeviceList(own.deviceList);
	if (!list.ok) throw new Error("it is signed");
	const { logId, readCap } = own.profile;
	const content = await makeLetter(await signingKeyFromSeed(own.deviceSeed), {
		v: 1,
		type: "welcome",
		to: theirs.mailbox.logId,
		name: own.name,
		sentAt: eve.now,
		profile: { logId, readCap: bytesOf(readCap), r: own.r },
		deviceList: own.deviceList,
		place: 0,
		groupId: groupIdOf(group),
		welcome: added.value.welcome,
		tree,
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

async function putTree(eve: Puppet, ratchetTree: Bytes): Promise<{ readonly blobId: BlobId; readonly key: Bytes }> {
	const [writeCap, key] = [newWriteCap(), newBlobKey()];
	const sealed = await sealBlob(key, ratchetTree);
	if (!sealed.ok) throw new Error("it is small");
	const id = blobId(writeCap);
	const chunk = { blobId: id, writeCap: bytesOf(writeCap), index: 0, chunkCount: 1, chunk: sealed.value };
	await eve.post(putBlobChunkRoute, chunk);
	return { blobId: id, key: bytesOf(key) };
}
