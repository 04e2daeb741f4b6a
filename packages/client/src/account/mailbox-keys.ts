import { type Bytes, bytesShape, encodeCbor, literalShape, mapShape, parseCbor, Secret } from "@sotto/bytes";
import { generateHpkeKeyPair, parseLogId, shapeOf } from "@sotto/crypto";
import type { Random } from "../ports.ts";
import { revealed, secretShape } from "../store/secrets.ts";
import { hashesOf, newOwnLog } from "./create.ts";
import type { AccountRecord } from "./record.ts";

/** Letters that were on their way when the mailbox was replaced are looked for this long. */
const previousForMs = 30 * 24 * 3600_000;

const secret = secretShape(32);
const keysShape = mapShape({
	v: literalShape(1),
	log: mapShape({
		logId: shapeOf(parseLogId),
		readCap: secret,
		appendCap: secret,
		ownerHash: bytesShape(32, 32),
	}),
	publicKey: bytesShape(1216, 1216),
	privateKey: secret,
});

/** What a device needs to read the mailbox; its owner's capability stays on the device that made it. */
export function encodeMailboxKeys({ mailbox, mailboxPublicKey, mailboxPrivateKey }: AccountRecord): Bytes {
	const { logId, readCap, appendCap } = mailbox;
	const ownerHash = hashesOf(mailbox).owner.slice() as Bytes;
	return encodeCbor({
		v: 1,
		log: { logId, readCap: revealed(readCap), appendCap: revealed(appendCap), ownerHash },
		publicKey: mailboxPublicKey,
		privateKey: revealed(mailboxPrivateKey),
	});
}

type MailboxKeys = Pick<AccountRecord, "mailbox" | "mailboxPublicKey" | "mailboxPrivateKey">;

export function decodeMailboxKeys(bytes: Uint8Array): MailboxKeys | undefined {
	const keys = parseCbor(keysShape, bytes);
	if (!keys.ok) return undefined;
	const { log, publicKey, privateKey } = keys.value;
	return { mailbox: log, mailboxPublicKey: publicKey, mailboxPrivateKey: privateKey };
}

/** A mailbox that nobody knows yet. */
export async function newMailbox(random: Random): Promise<MailboxKeys> {
	const { publicKey, privateKey } = await generateHpkeKeyPair("X-Wing");
	const mailbox = newOwnLog(() => new Secret(random(32)));
	return { mailbox, mailboxPublicKey: publicKey, mailboxPrivateKey: privateKey };
}

/** The account with another mailbox; the one before is read on for a while. */
export function withMailbox(account: AccountRecord, keys: MailboxKeys, now: number): AccountRecord {
	const previousMailbox = {
		log: account.mailbox,
		privateKey: account.mailboxPrivateKey,
		seq: account.mailboxSeq,
		until: now + previousForMs,
	};
	return { ...account, ...keys, mailboxSeq: 0, mailboxReadAt: now, previousMailbox };
}
