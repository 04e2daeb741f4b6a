import { type Bytes, concat, equalBytes, Secret } from "@sotto/bytes";
import { openBlob } from "@sotto/crypto";
import { type ArchiveManifest, decodePart } from "../archive/entries.ts";
import { type OpenedArchive, openArchive, readArchive } from "../archive/envelope.ts";
import { ArchiveImport } from "../archive/import.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import { getBlob } from "../services/blobs.ts";
import { Retry } from "../services/retry.ts";
import { isPassing, type Purpose } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { Serial } from "../store/serial.ts";
import { StoreTransaction } from "../store/transaction.ts";
import type { Shared } from "../sync/shared.ts";
import { decodeHistory, type HandedHistory, historyBlobBytes, historyRegister } from "./history-register.ts";
import type { Job, Jobs } from "./jobs.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };
const maxBlobBytes = 2 * historyBlobBytes;

export type HistoryReceiverParts = Pick<FirstContactParts, "engine" | "account"> & {
	readonly shared: Shared;
	readonly jobs: Jobs;
	/** Runs work while no conversation begins here. */
	readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
	/** Rows of conversations, people and calls have come into the store. */
	readonly reload: () => Promise<void>;
};

/** Takes the history that an older device has handed over. Where it died it goes on: what was taken is not taken twice. */
export class HistoryReceiver {
	readonly #parts: HistoryReceiverParts;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	#closed = false;

	constructor(parts: HistoryReceiverParts) {
		this.#parts = parts;
		const { clock, random } = parts.engine;
		this.#retry = new Retry(clock, random, () => this.settle());
	}

	close(): void {
		this.#closed = true;
		this.#retry.reset();
	}

	/** Looks whether there is a history for this device. */
	settle(): void {
		if (this.#closed || this.#handed() === undefined) return;
		this.#parts.engine.background(this.#serial.run(() => this.#receive()));
	}

	#handed(): HandedHistory | undefined {
		const { shared, account } = this.#parts;
		return decodeHistory(shared.get(historyRegister(account.keys.device.publicKey)));
	}

	async #receive(): Promise<void> {
		const handed = this.#handed();
		if (handed === undefined || this.#closed) return;
		const job = await this.#begin(handed);
		const bytes = await this.#gather(handed);
		if (this.#closed) return;
		if (bytes === "later") return this.#retry.later();
		const taken = bytes !== undefined && (await this.#take(bytes, handed, job));
		if (this.#closed) return;
		await this.#end(job, taken);
	}

	async #begin(handed: HandedHistory): Promise<Job> {
		const { engine, account, jobs } = this.#parts;
		const device = account.keys.device.publicKey;
		const job = {
			v: 1,
			kind: "receiveHistory",
			device,
			deviceName: "",
			conversations: [],
			beganAt: engine.clock.now(),
		} as const;
		const tx = new StoreTransaction(engine.store);
		const begun = jobs.put(tx, job);
		await tx.commit();
		begun();
		jobs.progress(job, 0, handed.parts);
		return job;
	}

	/** "later": the network or the server is away; undefined: it is not there any more, or is not what was handed over. */
	async #gather({ blobs }: HandedHistory): Promise<Bytes | "later" | undefined> {
		const pieces: Bytes[] = [];
		for (const { blobId, key } of blobs) {
			if (this.#closed) return "later";
			const sealed = await getBlob(this.#parts.engine.services, blobId, maxBlobBytes, purpose);
			if (!sealed.ok && sealed.error.kind !== "incomplete" && isPassing(sealed.error)) return "later";
			const piece = sealed.ok ? await openBlob(new Secret(key), sealed.value) : sealed;
			if (!piece.ok) return undefined;
			pieces.push(piece.value);
		}
		return concat(...pieces);
	}

	/** Whether everything of it could be taken. It is read to its end before anything of it is. */
	async #take(bytes: Bytes, { secret }: HandedHistory, job: Job): Promise<boolean> {
		const { engine, jobs, exclusive } = this.#parts;
		const archive = await openArchive(bytes, { kind: "secret", secret: new Secret(secret) });
		const manifest = archive.ok ? await this.#check(archive.value) : undefined;
		if (!archive.ok || manifest === undefined) return false;
		const { total } = manifest;
		const target = await ArchiveImport.open(engine.store, engine.random, manifest.manifest);
		let index = 0;
		for await (const piece of readArchive(archive.value)) {
			if (this.#closed) return false;
			const part = piece.ok ? decodePart(piece.value.part) : piece;
			if (!part.ok) return false;
			const taken = await exclusive(() => target.take(index, part.value));
			if (!taken.ok) return false;
			jobs.progress(job, ++index, total);
		}
		return true;
	}

	async #check(
		archive: OpenedArchive,
	): Promise<{ readonly manifest: ArchiveManifest; readonly total: number } | undefined> {
		let manifest: ArchiveManifest | undefined;
		let total = 0;
		for await (const piece of readArchive(archive)) {
			const part = piece.ok ? decodePart(piece.value.part) : piece;
			if (!part.ok) return undefined;
			if (total++ === 0) manifest = part.value.manifest;
		}
		const isOurs = manifest?.scope === "history" && equalBytes(manifest.account, this.#parts.account.keys.key);
		return manifest === undefined || !isOurs ? undefined : { manifest, total };
	}

	async #end(job: Job, isTaken: boolean): Promise<void> {
		const { engine, shared, jobs, account, exclusive, reload } = this.#parts;
		this.#retry.reset();
		const tx = new StoreTransaction(engine.store);
		tx.delete(keys.importing);
		const told = shared.put(tx, historyRegister(account.keys.device.publicKey), new Uint8Array());
		const done = jobs.put(tx, { ...job, isOver: true, hasFailed: !isTaken });
		await exclusive(async () => {
			await tx.commit();
			await reload();
		});
		done();
		told();
		engine.changed();
	}
}
