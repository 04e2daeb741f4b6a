import { type Bytes, concat, equalBytes, Secret } from "@sotto/bytes";
import { blobId, newBlobKey, newWriteCap, passphraseSaltLength, sealBlob } from "@sotto/crypto";
import { sealArchive } from "../archive/envelope.ts";
import { exportArchive } from "../archive/export.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import type { Conversation } from "../conversations/conversation.ts";
import type { ConversationId } from "../sdk.ts";
import { putBlob } from "../services/blobs.ts";
import { Errand } from "../services/errand.ts";
import { isPassing, type Purpose } from "../services/services.ts";
import { ownConversationId } from "../store/keys.ts";
import { revealed } from "../store/secrets.ts";
import { StoreTransaction } from "../store/transaction.ts";
import type { Shared } from "../sync/shared.ts";
import {
	decodeHistory,
	encodeHistory,
	type HandedHistory,
	historyBlobBytes,
	historyRegister,
} from "./history-register.ts";
import { hasDevice, type Job, type Jobs } from "./jobs.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };
const triesOfOne = 4;
/** So long a history waits for its device to come into every conversation: what is said until then only this device can tell. */
const patienceMs = 120_000;

export type HistorySenderParts = Pick<FirstContactParts, "engine" | "account" | "directory"> & {
	readonly shared: Shared;
	readonly jobs: Jobs;
};

/** What is to be sent now: everything, or `only` the conversations that the device has come into since. */
type Due = { readonly job: Job; readonly only: readonly ConversationId[] | undefined };

/**
 * Hands the history to a device that was linked from here: an archive, sealed under a fresh secret, in blobs whose names and keys
 * the new device is told in the own conversation. What a crash interrupts is begun anew; the blobs of before expire.
 */
export class HistorySender {
	readonly #parts: HistorySenderParts;
	readonly #errand: Errand;

	constructor(parts: HistorySenderParts) {
		this.#parts = parts;
		this.#errand = new Errand({
			engine: parts.engine,
			isDue: () => this.#due() !== undefined,
			run: () => this.#send(),
		});
	}

	/** Looks whether a device waits for its history. */
	settle(): void {
		this.#errand.settle();
	}

	close(): void {
		this.#errand.close();
	}

	#due(): Due | undefined {
		const own = this.#parts.directory.get(ownConversationId);
		if (own === undefined || own.held.state.stop !== undefined) return undefined;
		for (const job of this.#parts.jobs.histories()) {
			if (!hasDevice(own, job.device)) continue;
			const isWhole = job.isOver === true && !this.#isAskedAgain(job.device);
			if (!isWhole && this.#isTime(job)) return { job, only: undefined };
			const only = (job.later ?? []).filter((id) => this.#isIn(id, job.device));
			if (isWhole && only.length > 0) return { job, only };
		}
		return undefined;
	}

	#isAskedAgain(device: Bytes): boolean {
		const { shared, account } = this.#parts;
		const said = decodeHistory(shared.get(historyRegister(device)));
		return said?.type === "again" && equalBytes(said.from, account.keys.device.publicKey);
	}

	/** C1: a joiner opens nothing older than itself, so the history is made once it has joined. */
	#isTime(job: Job): boolean {
		const isOnTheWay = ({ held }: Conversation) => held.state.stop === undefined && held.state.heard;
		const isWaitedFor = this.#without(job.device).some(isOnTheWay);
		return !isWaitedFor || this.#parts.engine.clock.now() >= job.beganAt + patienceMs;
	}

	/** Conversations that the device is not in, and may come into. */
	#without(device: Bytes): readonly Conversation[] {
		return this.#parts.directory
			.all()
			.filter((one) => one.held.state.stop?.kind !== "removed" && !hasDevice(one, device));
	}

	#isIn(id: ConversationId, device: Bytes): boolean {
		const conversation = this.#parts.directory.get(id);
		return conversation !== undefined && hasDevice(conversation, device);
	}

	async #send(): Promise<"done" | "later"> {
		const due = this.#due();
		if (due === undefined) return "done";
		const { job } = due;
		const later = this.#without(job.device).map(({ id }) => id);
		const history = await this.#upload(due);
		if (this.#errand.isClosed) return "done";
		if (history === undefined) return "later";
		const { engine, shared, jobs } = this.#parts;
		const tx = new StoreTransaction(engine.store);
		const told = shared.put(tx, historyRegister(job.device), encodeHistory(history));
		const done = jobs.put(tx, { ...(jobs.get(job.kind, job.device) ?? job), isOver: true, later });
		await tx.commit();
		done();
		told();
		engine.changed();
		return "done";
	}

	/** Undefined if the server cannot be reached, or has no room now. */
	async #upload({ job, only }: Due): Promise<HandedHistory | undefined> {
		const { engine, account, jobs } = this.#parts;
		const { random, clock, store } = engine;
		const secret = random(32);
		const scope = "history" as const;
		const manifest = { v: 1 as const, id: random(16), scope, account: account.keys.key, createdAt: clock.now() };
		const blobs: HandedHistory["blobs"][number][] = [];
		let parts = 0;
		const counted = async function* () {
			const onProgress = (done: number, total: number) => jobs.progress(job, done, total);
			for await (const part of exportArchive(store, manifest, { only, onProgress })) {
				parts++;
				yield part;
			}
		};
		const options = { salt: random(passphraseSaltLength), cost: engine.passphraseCost };
		const sealed = sealArchive({ kind: "secret", secret: new Secret(secret) }, options, counted());
		for await (const bytes of inBlobs(sealed)) {
			const blob = await this.#putBlob(bytes);
			if (blob === undefined) return undefined;
			blobs.push(blob);
		}
		return { type: "handed", secret, blobs, parts };
	}

	async #putBlob(bytes: Bytes): Promise<HandedHistory["blobs"][number] | undefined> {
		const { services } = this.#parts.engine;
		const [key, writeCap] = [newBlobKey(), newWriteCap()];
		const sealed = await sealBlob(key, bytes);
		if (!sealed.ok) throw new Error("a piece of an archive fits a blob");
		for (let tried = 1; !this.#errand.isClosed; tried++) {
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

/** The pieces of an archive, as many together as fit one blob. */
async function* inBlobs(pieces: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
	let together: Bytes[] = [];
	let size = 0;
	for await (const piece of pieces) {
		if (size + piece.length > historyBlobBytes) {
			yield concat(...together);
			[together, size] = [[], 0];
		}
		together.push(piece);
		size += piece.length;
	}
	yield concat(...together);
}
