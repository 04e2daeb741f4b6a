import { bytesToBase64url, equalBytes, Secret } from "@sotto/bytes";
import { blobId, groupIdOf, sealMailbox } from "@sotto/crypto";
import { type JoinerCallContent, makeLetter, maxNameLength } from "@sotto/protocol";
import type { AccountKeeper } from "../account/keeper.ts";
import type { EngineContext } from "../context.ts";
import type { Draft } from "../conversations/draft.ts";
import { encodeInvite, type Invite } from "../conversations/meta.ts";
import type { OwedWelcome } from "../conversations/owed.ts";
import type { Purpose } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { accountIdOf } from "../store/keys.ts";
import type { Inviter } from "./inviter.ts";

export type WelcomingParts = {
	readonly engine: EngineContext;
	readonly account: AccountKeeper;
	readonly inviter: Inviter;
};

/**
 * The commit that adds somebody counts: writes a letter for each joining account into the draft, and sends tree and letters once
 * that is durable (C1).
 */
export async function welcomeJoiners(
	{ engine, account, inviter }: WelcomingParts,
	draft: Draft,
	owed: OwedWelcome,
	call: JoinerCallContent | undefined,
): Promise<void> {
	const letters = [];
	for (const joiner of owed.joiners)
		letters.push(await sealLetter({ engine, account }, draft, { ...owed, call }, joiner));
	const { writeCap, sealed } = owed.tree;
	const invite: Invite = { tree: { writeCap, sealed }, letters };
	const key = keys.invite(draft.id, bytesToBase64url(engine.random(8)));
	draft.tx.put(key, encodeInvite(invite));
	const purpose: Purpose = { cause: { kind: "contact", title: draft.meta.name } };
	draft.after.push(() => inviter.start(key, invite, purpose));
}

async function sealLetter(
	{ engine, account }: Omit<WelcomingParts, "inviter">,
	draft: Draft,
	{ welcome, tree, joiners, call }: OwedWelcome & { readonly call: JoinerCallContent | undefined },
	{ letterTo }: OwedWelcome["joiners"][number],
): Promise<Invite["letters"][number]> {
	const { record } = account;
	const { name: title, kind, people } = draft.meta;
	const isNew = (one: Uint8Array) => joiners.some((joiner) => equalBytes(joiner.account, one));
	const names = people.flatMap((person) => {
		const { name } = engine.personOf(accountIdOf(person));
		return name === "" || isNew(person) ? [] : [{ account: person, name: name.slice(0, maxNameLength) }];
	});
	const content = await makeLetter(account.keys.device, {
		v: 1,
		type: "welcome",
		to: letterTo.logId,
		name: record.name,
		sentAt: engine.clock.now(),
		profile: { logId: record.profile.logId, readCap: revealed(record.profile.readCap), r: record.r },
		deviceList: record.deviceList,
		place: record.place,
		groupId: groupIdOf(draft.group),
		welcome,
		tree: { blobId: blobId(tree.writeCap as Parameters<typeof blobId>[0]), key: revealed(tree.key) },
		kind,
		people: people.length + 1,
		...(call && { call }),
		...(title === undefined ? {} : { title }),
		rings: [...draft.ringAddresses].map(([leaf, address]) => ({ leaf, address })),
		names,
	});
	const letter = await sealMailbox(letterTo, content);
	if (!letter.ok) throw new Error("a letter to a group of 250 leaves fits a record");
	const { logId, appendCap, ringAddress } = letterTo;
	return { logId, appendCap: new Secret(appendCap), record: letter.value, ...(ringAddress && { ringAddress }) };
}
