import { type Bytes, Secret } from "@sotto/bytes";
import { blobId, groupIdOf, type LogId, newBlobKey, newWriteCap, sealBlob, sealMailbox } from "@sotto/crypto";
import { makeLetter } from "@sotto/protocol";
import type { Invite } from "../conversations/meta.ts";
import { revealed } from "../store/secrets.ts";
import type { FirstContactParts } from "./first-contact.ts";
import type { FormedGroup } from "./form-group.ts";

/** Seals the request with its Welcome and tree (P3). */
export async function writeInvite(
	{ engine, account }: Pick<FirstContactParts, "engine" | "account">,
	formed: FormedGroup & { readonly welcome: Uint8Array; readonly ratchetTree: Uint8Array },
	to: {
		readonly logId: LogId;
		readonly appendCap: Uint8Array;
		readonly publicKey: Uint8Array;
		readonly ringAddress: Uint8Array | undefined;
	},
	greeting: string,
): Promise<Invite> {
	const { record } = account;
	const [writeCap, key] = [newWriteCap(), newBlobKey()];
	const sealed = await sealBlob(key, formed.ratchetTree);
	const content = await makeLetter(account.keys.device, {
		v: 1,
		type: "request",
		to: to.logId,
		name: record.name,
		greeting,
		sentAt: engine.clock.now(),
		profile: { logId: record.profile.logId, readCap: revealed(record.profile.readCap), r: record.r },
		deviceList: record.deviceList,
		place: record.place,
		groupId: groupIdOf(formed.group),
		welcome: formed.welcome.slice() as Bytes,
		tree: { blobId: blobId(writeCap), key: revealed(key) },
	});
	const letter = await sealMailbox(to, content);
	if (!sealed.ok || !letter.ok) throw new Error("a group of two accounts fits a blob and a letter");
	return {
		tree: { writeCap, sealed: sealed.value },
		letters: [
			{
				logId: to.logId,
				appendCap: new Secret(to.appendCap),
				record: letter.value,
				...(to.ringAddress === undefined ? {} : { ringAddress: to.ringAddress.slice() as typeof letter.value }),
			},
		],
	};
}
