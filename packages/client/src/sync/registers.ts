import { type Bytes, utf8 } from "@sotto/bytes";
import type { AccountId, ConversationId, RequestId } from "../sdk.ts";
import type { StoreTransaction } from "../store/transaction.ts";

/** Tables of registers that follow the account over its devices (docs/spec/devices.md). */
export const registers = {
	contact: "contact/",
	verified: "verified/",
	blocked: "blocked/",
	request: "request/",
	read: "read/",
	deleted: "deleted/",
} as const;

/** Notes a change for the other devices in the transaction that makes it; what is returned is called when that is durable. */
export type Share = (tx: Pick<StoreTransaction, "put">, key: string, value: Bytes) => () => void;

export const yes: Bytes = utf8("yes");
export const no: Bytes = utf8("no");

/** What was answered to a request: taken, or put out of sight. */
export type Answered = "accepted" | "ignored";

export const registerOf = {
	contact: (account: AccountId) => registers.contact + account,
	verified: (account: AccountId) => registers.verified + account,
	blocked: (account: AccountId) => registers.blocked + account,
	request: (request: RequestId) => registers.request + request,
	read: (conversation: ConversationId) => registers.read + conversation,
	deleted: (conversation: ConversationId) => registers.deleted + conversation,
} as const;
