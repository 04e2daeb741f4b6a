import { type Bytes, concat, equalBytes, err, ok, type Result, Secret } from "@sotto/bytes";
import { notifierKeyRoute } from "@sotto/api";
import { passphraseSaltLength, signingKeyFromSeed } from "@sotto/crypto";
import type { AccountKeeper } from "../account/keeper.ts";
import { encodeMailboxKeys } from "../account/mailbox-keys.ts";
import { keysOf } from "../account/keys.ts";
import type { AccountRecord } from "../account/record.ts";
import { type ArchivedAccount, type ArchiveManifest, decodePart } from "../archive/entries.ts";
import { openArchive, readArchive, sealArchive } from "../archive/envelope.ts";
import { exportArchive } from "../archive/export.ts";
import { ArchiveImport, clearUnfinished } from "../archive/import.ts";
import type { EngineContext } from "../context.ts";
import { profileRegister } from "../devices/devices.ts";
import { mailboxRegister } from "../devices/remove-device.ts";
import type { StoreOp } from "../ports.ts";
import type { CommandError, CommandResult } from "../sdk.ts";
import { commandErrorOf } from "../services/services.ts";
import { keys, ownConversationId } from "../store/keys.ts";
import { encodeEntry } from "../sync/shared.ts";
import { archivedAccount, restoredAccount } from "./restored-account.ts";

/** The fewest characters of a backup's passphrase, in UTF-16 units. */
const minPassphraseLength = 10;

/** Seals everything of the account under a passphrase. */
export async function exportBackup(
	engine: EngineContext,
	account: AccountKeeper,
	passphrase: string,
): Promise<CommandResult<{ readonly file: Bytes }>> {
	if (passphrase.length < minPassphraseLength) return err({ kind: "shortPassphrase" });
	const { store, random, clock, emit } = engine;
	const archived = await archivedAccount(account.record);
	if (archived === undefined) return err({ kind: "notPrimary" });
	const manifest: ArchiveManifest = {
		v: 1,
		id: random(16),
		scope: "backup",
		account: account.keys.key,
		createdAt: clock.now(),
	};
	const parts = exportArchive(store, manifest, {
		first: [archived],
		onProgress: (done, total) => emit({ kind: "progress", task: "exportBackup", done, total }),
	});
	const pieces: Bytes[] = [];
	const options = { salt: random(passphraseSaltLength), cost: engine.passphraseCost };
	for await (const piece of sealArchive({ kind: "passphrase", passphrase }, options, parts)) pieces.push(piece);
	return ok({ file: concat(...pieces) });
}

/** A backup that was read from its first to its last byte: nothing is missing, moved or altered. */
export type WholeBackup = {
	readonly manifest: ArchiveManifest;
	readonly account: ArchivedAccount;
	/** Opens it part by part once more: a file is larger than what should lie in memory twice. */
	readonly importInto: (engine: EngineContext) => Promise<Result<void, CommandError>>;
};

/** Checks a whole file before anything of it is taken. Errors: `wrongPassphrase`, `badFile`. */
export async function openBackup(file: Uint8Array, passphrase: string): Promise<Result<WholeBackup, CommandError>> {
	const opened = await openArchive(file, { kind: "passphrase", passphrase });
	if (!opened.ok) return err({ kind: opened.error === "wrongKey" ? "wrongPassphrase" : "badFile" });
	let found: Pick<WholeBackup, "manifest" | "account"> | undefined;
	for await (const piece of readArchive(opened.value)) {
		const part = piece.ok ? decodePart(piece.value.part) : piece;
		if (!part.ok) return err({ kind: "badFile" });
		if (found !== undefined) continue;
		const { manifest, entries } = part.value;
		const account = entries.find((entry) => entry.type === "account");
		if (manifest?.scope !== "backup" || account === undefined) return err({ kind: "badFile" });
		found = { manifest, account };
	}
	if (found === undefined || !(await isOfItsAccount(found))) return err({ kind: "badFile" });
	const { manifest } = found;
	const importInto = async (engine: EngineContext): Promise<Result<void, CommandError>> => {
		const target = await ArchiveImport.open(engine.store, engine.random, manifest);
		let index = 0;
		for await (const piece of readArchive(opened.value)) {
			const part = piece.ok ? decodePart(piece.value.part) : piece;
			const taken = part.ok ? await target.take(index++, part.value) : part;
			if (!piece.ok || !taken.ok) return err({ kind: "badFile" });
			engine.emit({ kind: "progress", task: "restoreBackup", done: piece.value.end, total: file.length });
		}
		return ok();
	};
	return ok({ ...found, importInto });
}

/** Whether the keys are those of the account whose archive it says it is. */
async function isOfItsAccount({ manifest, account }: Pick<WholeBackup, "manifest" | "account">): Promise<boolean> {
	const { publicKey } = await signingKeyFromSeed(new Secret(account.accountSeed));
	return equalBytes(publicKey, manifest.account);
}

/**
 * Takes a backup into an empty store. The account itself is not written here: until it is, the device has none, and the same file
 * may be taken again from where it was.
 */
export async function takeBackup(
	engine: EngineContext,
	backup: WholeBackup,
	home: string,
): Promise<Result<{ readonly record: AccountRecord; readonly ops: readonly StoreOp[] }, CommandError>> {
	const purpose = { cause: { kind: "account" as const, title: undefined } };
	const key = await engine.services.call(notifierKeyRoute, {}, purpose);
	if (!key.ok) return err(commandErrorOf(key.error));
	const record = await restoredAccount(engine, backup.account, { home, notifierKey: key.value.publicKey });
	if (!record.ok) return record;
	await clearUnfinished(engine.store, backup.manifest.id);
	const imported = await backup.importInto(engine);
	if (!imported.ok) return imported;
	return ok({ record: record.value, ops: await forOtherDevices(record.value) });
}

/**
 * What the account's other devices are told as soon as this one is in their conversation: the version that lists it, and the new mailbox
 * (docs/spec/devices.md). If there is none, nobody is left to let it in there: it founds another when it needs one (D2).
 */
async function forOtherDevices(record: AccountRecord): Promise<readonly StoreOp[]> {
	const { list, device } = await keysOf(record);
	if (list.devices.length === 1) return keys.rowsOf(ownConversationId).map((key) => ({ op: "delete", key }));
	const { number: rank, content } = record.version;
	const told = { [profileRegister]: content, [mailboxRegister]: encodeMailboxKeys(record) };
	return Object.entries(told).flatMap(([key, value]): StoreOp[] => [
		{ op: "put", key: keys.sync(key), value: encodeEntry({ key, value, rank, by: device.publicKey }) },
		{ op: "put", key: keys.syncOut(key, rank), value: new Uint8Array() },
	]);
}
