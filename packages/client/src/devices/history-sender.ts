import { type Bytes, concat, Secret } from "@sotto/bytes";
import { blobId, newBlobKey, newWriteCap, passphraseSaltLength, sealBlob } from "@sotto/crypto";
import { sealArchive } from "../archive/envelope.ts";
import { exportArchive } from "../archive/export.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import { putBlob } from "../services/blobs.ts";
import { Retry } from "../services/retry.ts";
import { isPassing, type Purpose } from "../services/services.ts";
import { ownConversationId } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { Serial } from "../store/serial.ts";
import { StoreTransaction } from "../store/transaction.ts";
import type { Shared } from "../sync/shared.ts";
import { encodeHistory, type HandedHistory, historyBlobBytes, historyRegister } from "./history-register.ts";
import { hasDevice, type Job, type Jobs } from "./jobs.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };
const triesOfOne = 4;

export type HistorySenderParts = Pick<FirstContactParts, "engine" | "account" | "directory"> & {
	readonly shared: Shared;
	readonly jobs: Jobs;
};

/**
 * Hands the history to a device that was linked from here: an archive, sealed under a fresh secret, in blobs whose names and keys
 * the new device is told in the own conversation. What a crash interrupts is begun anew; the blobs of before expire.
 */
export class HistorySender {
	readonly #parts: HistorySenderParts;
	readonly #serial = new Serial();
	readonly #retry: Retry;
	#closed = false;

	constructor(parts: HistorySenderParts) {
		this.#parts = parts;
		const { clock, random } = parts.engine;
		this.#retry = new Retry(clock, random, () => this.settle());
	}

	close(): void {
		this.#closed = true;
		this.#retry.reset();
	}

	/** Looks whether a device waits for its history that is in the own conversation by now. */
	settle(): void {
		if (this.#closed || this.#waiting() === undefined) return;
		this.#parts.engine.background(this.#serial.run(() => this.#send()));
	}

	#waiting(): Job | undefined {
		const own = this.#parts.directory.get(ownConversationId);
		if (own === undefined || own.held.state.stop !== undefined) return undefined;
		return this.#parts.jobs.toSend().find(({ device }) => hasDevice(own, device));
	}

	async #send(): Promise<void> {
		const job = this.#waiting();
		if (job === undefined || this.#closed) return;
		const history = await this.#upload(job);
		if (this.#closed) return;
		if (history === undefined) return this.#retry.later();
		this.#retry.reset();
		const { engine, shared, jobs } = this.#parts;
		const tx = new StoreTransaction(engine.store);
		const told = shared.put(tx, historyRegister(job.device), encodeHistory(history));
		const done = jobs.put(tx, { ...job, isOver: true });
		await tx.commit();
		done();
		told();
		engine.changed();
		this.settle();
	}

	/** Undefined if the server cannot be reached, or has no room now. */
	async #upload(job: Job): Promise<HandedHistory | undefined> {
		const { engine, account, jobs } = this.#parts;
		const { random, clock, store } = engine;
		const secret = random(32);
		const scope = "history" as const;
		const manifest = { v: 1 as const, id: random(16), scope, account: account.keys.key, createdAt: clock.now() };
		let parts = 0;
		const counted = async function* () {
			const progress = (done: number, total: number) => jobs.progress(job, done, total);
			for await (const part of exportArchive(store, manifest, [], progress)) {
				parts++;
				yield part;
			}
		};
		const options = { salt: random(passphraseSaltLength), cost: engine.passphraseCost };
		const blobs: { blobId: HandedHistory["blobs"][number]["blobId"]; key: Bytes }[] = [];
		let pieces: Bytes[] = [];
		let size = 0;
		const flush = async (): Promise<boolean> => {
			const blob = await this.#putBlob(concat(...pieces));
			if (blob !== undefined) blobs.push(blob);
			[pieces, size] = [[], 0];
			return blob !== undefined;
		};
		for await (const piece of sealArchive({ kind: "secret", secret: new Secret(secret) }, options, counted())) {
			if (size + piece.length > historyBlobBytes && !(await flush())) return undefined;
			pieces.push(piece);
			size += piece.length;
		}
		return (await flush()) ? { v: 1, secret, blobs, parts } : undefined;
	}

	async #putBlob(bytes: Bytes): Promise<HandedHistory["blobs"][number] | undefined> {
		const { services } = this.#parts.engine;
		const [key, writeCap] = [newBlobKey(), newWriteCap()];
		const sealed = await sealBlob(key, bytes);
		if (!sealed.ok) throw new Error("a piece of an archive fits a blob");
		for (let tried = 1; !this.#closed; tried++) {
			const put = await putBlob(services, writeCap, sealed.value, purpose);
			if (put.ok) return { blobId: blobId(writeCap), key: revealed(key) };
			if (!isPassing(put.error) || tried === triesOfOne) return undefined;
			await this.#pause(1000 * 2 ** tried);
		}
		return undefined;
	}

	#pause(ms: number): Promise<void> {
		const { clock } = this.#parts.engine;
		return new Promise((resolve) => {
			clock.wakeAt(clock.now() + ms, resolve);
		});
	}
}
