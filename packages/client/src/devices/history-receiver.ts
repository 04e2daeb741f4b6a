import { type Bytes, concat, equalBytes, Secret, utf8ToText } from "@sotto/bytes";
import { openBlob } from "@sotto/crypto";
import { type ArchiveManifest, type ArchivePart, decodePart } from "../archive/entries.ts";
import { type OpenedArchive, openArchive, readArchive } from "../archive/envelope.ts";
import { ArchiveImport } from "../archive/import.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import type { ConversationId, ItemId } from "../sdk.ts";
import { getBlob } from "../services/blobs.ts";
import { Errand } from "../services/errand.ts";
import { isPassing, type Purpose } from "../services/services.ts";
import { keys } from "../store/keys.ts";
import { StoreTransaction } from "../store/transaction.ts";
import { registerOf } from "../sync/registers.ts";
import type { Shared } from "../sync/shared.ts";
import {
	decodeHistory,
	encodeHistory,
	type HandedHistory,
	type History,
	historyBlobBytes,
	historyRegister,
} from "./history-register.ts";
import type { Job, Jobs } from "./jobs.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };
const maxBlobBytes = 2 * historyBlobBytes;
/** A history that does not open is asked for so often; then it stays on the device that has it, and the user is told. */
const maxAsked = 2;

export type HistoryReceiverParts = Pick<FirstContactParts, "engine" | "account" | "directory"> & {
	readonly shared: Shared;
	readonly jobs: Jobs;
	/** Runs work while no conversation begins here. */
	readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
	/** Rows of conversations, people and calls have come into the store. */
	readonly reload: () => Promise<void>;
};

/** "later": the network or the server is away; "bad": it is not there any more, or is not what was handed over. */
type Taken = "taken" | "later" | "bad";

/** Takes the history that an older device has handed over. Where it died it goes on: what was taken is not taken twice. */
export class HistoryReceiver {
	readonly #parts: HistoryReceiverParts;
	readonly #register: string;
	readonly #errand: Errand;

	constructor(parts: HistoryReceiverParts) {
		this.#parts = parts;
		this.#register = historyRegister(parts.account.keys.device.publicKey);
		this.#errand = new Errand({
			engine: parts.engine,
			isDue: () => this.#isDue(this.#said()),
			run: () => this.#receive(),
		});
	}

	/** Looks whether there is a history for this device. */
	settle(): void {
		this.#errand.settle();
	}

	close(): void {
		this.#errand.close();
	}

	#said(): History | undefined {
		return decodeHistory(this.#parts.shared.get(this.#register));
	}

	/** What was asked for again does not come any more once the device that has it is out of the account. */
	#isDue(said: History | undefined): said is History {
		return said?.type === "handed" || (said?.type === "again" && !this.#isListed(said.from));
	}

	#isListed(device: Bytes): boolean {
		return this.#parts.account.keys.list.devices.some((listed) => equalBytes(listed, device));
	}

	async #receive(): Promise<"done" | "later"> {
		const said = this.#said();
		if (!this.#isDue(said)) return "done";
		const job = await this.#begin();
		const taken = said.type === "handed" ? await this.#takeHanded(said, job) : "bad";
		if (this.#errand.isClosed) return "done";
		if (taken === "later") return "later";
		if (taken === "bad" && said.type === "handed" && (await this.#askAgain(job))) return "done";
		await this.#end(job, taken === "taken");
		return "done";
	}

	async #begin(): Promise<Job> {
		const { engine, account, jobs } = this.#parts;
		const device = account.keys.device.publicKey;
		const known = jobs.get("receiveHistory", device);
		if (known !== undefined && known.isOver !== true) return known;
		const about = { device, deviceName: "", conversations: [], beganAt: engine.clock.now() };
		const job: Job = { v: 1, kind: "receiveHistory", ...about };
		const tx = new StoreTransaction(engine.store);
		const begun = jobs.put(tx, job);
		await tx.commit();
		begun();
		return job;
	}

	async #takeHanded(handed: HandedHistory, job: Job): Promise<Taken> {
		this.#parts.jobs.progress(job, 0, handed.parts);
		const bytes = await this.#gather(handed);
		return typeof bytes === "string" ? bytes : this.#take(bytes, handed, job);
	}

	async #gather({ blobs }: HandedHistory): Promise<Bytes | "later" | "bad"> {
		const pieces: Bytes[] = [];
		for (const { blobId, key } of blobs) {
			if (this.#errand.isClosed) return "later";
			const sealed = await getBlob(this.#parts.engine.services, blobId, maxBlobBytes, purpose);
			if (!sealed.ok && sealed.error.kind !== "incomplete" && isPassing(sealed.error)) return "later";
			const piece = sealed.ok ? await openBlob(new Secret(key), sealed.value) : sealed;
			if (!piece.ok) return "bad";
			pieces.push(piece.value);
		}
		return concat(...pieces);
	}

	/** It is read to its end before anything of it is taken. */
	async #take(bytes: Bytes, { secret }: HandedHistory, job: Job): Promise<Taken> {
		const { engine, jobs } = this.#parts;
		const archive = await openArchive(bytes, { kind: "secret", secret: new Secret(secret) });
		const whole = archive.ok ? await this.#check(archive.value) : undefined;
		if (!archive.ok || whole === undefined) return "bad";
		const target = await ArchiveImport.open(engine.store, engine.random, whole.manifest);
		const read = new Set<ConversationId>();
		let index = 0;
		for await (const piece of readArchive(archive.value)) {
			if (this.#errand.isClosed) return "later";
			const part = piece.ok ? decodePart(piece.value.part) : piece;
			if (!part.ok) return "bad";
			const taken = await this.#takePart(target, index, part.value, read);
			if (taken !== "taken") return taken;
			jobs.progress(job, ++index, whole.total);
		}
		return "taken";
	}

	/**
	 * What this device has read itself of a conversation stands behind what the archive brings. So it reads to the tip first: else a
	 * message that the archive knows and this device does not would come to stand before older ones.
	 */
	async #takePart(target: ArchiveImport, index: number, part: ArchivePart, read: Set<ConversationId>): Promise<Taken> {
		const { directory, exclusive } = this.#parts;
		const about = part.entries.flatMap((entry) => (entry.type === "rows" ? [entry.conversation] : []));
		for (;;) {
			const outcome = await exclusive(async () => {
				const unread = about.map((id) => directory.get(id)).find((one) => one !== undefined && !read.has(one.id));
				if (unread !== undefined) return unread;
				return (await target.take(index, part)).ok ? "taken" : "bad";
			});
			if (typeof outcome === "string") return outcome;
			const atTip = await outcome.readToTip();
			if (!atTip.ok && (atTip.error.kind === "unreachable" || this.#errand.isClosed)) return "later";
			read.add(outcome.id);
		}
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

	/** False if that was tried often enough, or whoever has it is gone. */
	async #askAgain(job: Job): Promise<boolean> {
		const { engine, shared, jobs } = this.#parts;
		const from = shared.authorOf(this.#register);
		const asked = job.asked ?? 0;
		if (from === undefined || !this.#isListed(from) || asked >= maxAsked) return false;
		const tx = new StoreTransaction(engine.store);
		const told = shared.put(tx, this.#register, encodeHistory({ type: "again", from }));
		const counted = jobs.put(tx, { ...job, asked: asked + 1 });
		await tx.commit();
		counted();
		told();
		return true;
	}

	async #end(job: Job, isTaken: boolean): Promise<void> {
		const { engine, directory, shared, jobs, exclusive, reload } = this.#parts;
		const tx = new StoreTransaction(engine.store);
		tx.delete(keys.importing);
		const told = shared.put(tx, this.#register, new Uint8Array());
		const done = jobs.put(tx, { ...job, isOver: true, hasFailed: !isTaken });
		await exclusive(async () => {
			for (const conversation of directory.all()) await conversation.countAnew(this.#readUpTo(conversation.id));
			await tx.commit();
			await reload();
		});
		done();
		told();
		engine.changed();
	}

	/** What the account's devices have read; told when this one came in, and later if it was read later. */
	#readUpTo(id: ConversationId): ItemId | undefined {
		const said = this.#parts.shared.get(registerOf.read(id));
		const item = said && utf8ToText(said);
		return item?.ok ? item.value : undefined;
	}
}
