import { readRoute } from "@sotto/api";
import { err, ok, type Result, type Secret } from "@sotto/bytes";
import { openMailbox } from "@sotto/crypto";
import { openLetter, type OpenedLetter } from "@sotto/protocol";
import type { AccountKeeper } from "../account/keeper.ts";
import type { OwnLog } from "../account/record.ts";
import type { EngineContext } from "../context.ts";
import type { Purpose, ServiceError } from "../services/services.ts";
import { revealed } from "../store/secrets.ts";
import { Serial } from "../store/serial.ts";
import { StoreTransaction } from "../store/transaction.ts";
import type { FirstContact } from "./first-contact.ts";
import type { Readmitter } from "../readmission/answering.ts";
import type { Welcomes } from "./welcomes.ts";

const purpose: Purpose = { cause: { kind: "sync", title: undefined } };
const pageLimit = 64;
/** That nothing new came is written down this often: P2 asks for it before private parts are erased. */
const noteMs = 3600_000;

/** Who takes what lies in the mailbox. */
export type MailboxReaders = {
	readonly firstContact: FirstContact;
	readonly welcomes: Welcomes;
	readonly readmitter: Readmitter;
	/** There was something for this account. */
	readonly arrived: () => void;
};

/** One mailbox as it is read: the account's, or the one before it. */
type Box = {
	readonly keys: () => { readonly log: OwnLog; readonly privateKey: Secret } | undefined;
	readonly seq: () => number;
	readonly readTo: (seq: number, tx: StoreTransaction) => Promise<void>;
	readonly isMissing: () => Promise<void>;
};

/** Reads one's own mailbox: letters that anybody with the link can leave, sealed to its key (P3). */
export class Mailbox {
	readonly #engine: EngineContext;
	readonly #account: AccountKeeper;
	readonly #to: MailboxReaders;
	readonly #serial = new Serial();

	constructor(engine: EngineContext, account: AccountKeeper, to: MailboxReaders) {
		this.#engine = engine;
		this.#account = account;
		this.#to = to;
	}

	/** Reads to the tip. A page and how far it was read become durable together, so no letter is lost or taken twice. */
	read(): Promise<Result<void, ServiceError>> {
		return this.#serial.run(() => this.#read());
	}

	async #read(): Promise<Result<void, ServiceError>> {
		const { previousMailbox: previous } = this.#account.record;
		if (previous === undefined) return this.#readBox(this.#current());
		const older = await this.#readBox(this.#previous());
		if (this.#engine.clock.now() > previous.until)
			await this.#account.previousMailboxRead(undefined, new StoreTransaction(this.#engine.store));
		return older.ok ? this.#readBox(this.#current()) : older;
	}

	/** A mailbox is another once a device was removed (D2). */
	#current(): Box {
		const account = this.#account;
		return {
			keys: () => ({ log: account.record.mailbox, privateKey: account.record.mailboxPrivateKey }),
			seq: () => account.record.mailboxSeq,
			readTo: (seq, tx) => account.mailboxRead(seq, tx),
			isMissing: () => account.republish(),
		};
	}

	#previous(): Box {
		const account = this.#account;
		return {
			keys: () => account.record.previousMailbox,
			seq: () => account.record.previousMailbox?.seq ?? 0,
			readTo: (seq, tx) => account.previousMailboxRead(seq, tx),
			// Nobody makes it again: what was on its way there is lost with it.
			isMissing: async () => undefined,
		};
	}

	async #readBox(box: Box): Promise<Result<void, ServiceError>> {
		for (;;) {
			const log = box.keys()?.log;
			if (log === undefined) return ok();
			const after = box.seq();
			const request = { logId: log.logId, readCap: revealed(log.readCap), after, limit: pageLimit };
			const page = await this.#engine.services.call(readRoute, request, purpose);
			if (!page.ok) {
				if (page.error.kind !== "refused" || page.error.code !== "notFound") return page;
				await box.isMissing();
				if (after > 0) await box.readTo(0, new StoreTransaction(this.#engine.store));
				return ok();
			}
			const { records, tip, first } = page.value;
			if (records.length > 0 && first <= after) return err({ kind: "badAnswer" });
			// A tip that went back is a restored server: requests are known by their id, so everything is read again (L4).
			if (tip.seq < after) {
				await box.readTo(0, new StoreTransaction(this.#engine.store));
				continue;
			}
			// Letters that expired before they were read are gone (L4): the place moves over them.
			const readTo = records.length > 0 ? first - 1 + records.length : tip.seq;
			if (records.length > 0 || this.#engine.clock.now() - this.#account.record.mailboxReadAt > noteMs)
				await this.#to.firstContact.exclusive(() => this.#take(box, records, readTo));
			if (readTo >= tip.seq) return ok();
		}
	}

	async #take(box: Box, records: readonly Uint8Array[], seq: number): Promise<void> {
		const keys = box.keys();
		if (keys === undefined) return;
		const mailbox = { privateKey: keys.privateKey, logId: keys.log.logId };
		const tx = new StoreTransaction(this.#engine.store);
		const after: (() => void)[] = [];
		for (const record of records) {
			const content = await openMailbox(mailbox, record);
			const letter = content.ok ? await openLetter(mailbox.logId, content.value) : undefined;
			if (!letter?.ok) continue;
			const done = await this.#takeLetter(letter.value, tx);
			if (done !== undefined) after.push(done);
		}
		await box.readTo(seq, tx);
		for (const done of after) done();
		if (after.length > 0) this.#to.arrived();
	}

	#takeLetter(letter: OpenedLetter, tx: StoreTransaction): Promise<(() => void) | undefined> {
		switch (letter.type) {
			case "request":
				return this.#to.firstContact.receive(letter, tx);
			case "welcome":
				return this.#to.welcomes.receive(letter, tx);
			case "readmission":
				return this.#to.readmitter.receive(letter).then(() => undefined);
		}
	}
}
