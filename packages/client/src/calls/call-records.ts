import type { CallRecord } from "@sotto/protocol";
import type { ConversationHost } from "../conversation-host.ts";
import type { CallRecordView } from "../sdk.ts";
import { deleteRecordOp, putRecordOp, type StoredRecord } from "./call-store.ts";
import { callItemOf, recordViewOf, storedRecordOf } from "./call-view.ts";
import type { Outcome } from "./outcome.ts";

/** How many calls the list of calls holds; a conversation's history holds all of its own. */
const maxRecords = 100;

/** The list of calls, and each call's row in its conversation's history. */
export class CallRecords {
	readonly #host: ConversationHost;
	readonly #records = new Map<string, StoredRecord>();

	constructor(host: ConversationHost) {
		this.#host = host;
	}

	load(records: readonly StoredRecord[]): void {
		for (const record of records) this.#records.set(record.call, record);
	}

	find(callId: string): StoredRecord | undefined {
		return this.#records.get(callId);
	}

	newest(): readonly CallRecordView[] {
		return [...this.#records.values()]
			.toSorted((a, b) => b.startedAt - a.startedAt)
			.map((record) => recordViewOf(record, this.#host));
	}

	put(given: CallRecord, outcome: Outcome): void {
		const known = this.#records.get(given.callId);
		// Somebody who is blocked leaves no trace: the machine follows the log all the same.
		if (known === undefined && this.#isFromBlocked(given)) return;
		const startedAt = known?.startedAt ?? given.startedAt;
		const record: StoredRecord = { ...storedRecordOf(given), startedAt };
		this.#records.set(given.callId, record);
		outcome.write.push(putRecordOp(record));
		outcome.rows.push({
			conversation: given.conversation,
			row: {
				item: callItemOf(given.callId),
				at: startedAt,
				record: recordViewOf(record, this.#host),
				unread: given.direction === "incoming" && given.outcome === "missed",
			},
		});
		const excess = [...this.#records.values()].toSorted((a, b) => b.startedAt - a.startedAt).slice(maxRecords);
		for (const old of excess) {
			this.#records.delete(old.call);
			outcome.write.push(deleteRecordOp(old));
		}
	}

	#isFromBlocked({ direction, conversation }: CallRecord): boolean {
		const people = this.#host.people(conversation);
		return direction === "incoming" && people.length === 1 && this.#host.isBlocked(people[0]?.account ?? "");
	}
}
