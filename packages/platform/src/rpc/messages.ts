import type { SottoClient } from "@sotto/client";

/** Both ends must speak the same version: a page of a newer build never drives an older engine. */
export const rpcVersion = 3;

/** What a caller is told when the engine went away before it answered. */
type LostAnswer = "command" | "view" | "history" | "entries";

/** Every method that may be called from afar; `close` is not among them: a page leaving does not stop the engine. */
export const remoteMethods = {
	view: "view",
	createAccount: "command",
	rename: "command",
	addContact: "command",
	acceptRequest: "command",
	ignoreRequest: "command",
	blockRequest: "command",
	sendMessage: "command",
	retryMessage: "command",
	discardMessage: "command",
	markRead: "command",
	history: "history",
	sync: "command",
	safetyNumber: "command",
	compareSafetyNumber: "command",
	setVerified: "command",
	createGroup: "command",
	addPeople: "command",
	removePerson: "command",
	leaveGroup: "command",
	renameGroup: "command",
	setGroupPicture: "command",
	setRole: "command",
	picture: "command",
	deleteConversation: "command",
	startLinking: "command",
	linkDevice: "command",
	confirmLinking: "command",
	cancelLinking: "command",
	renameDevice: "command",
	removeDevice: "command",
	dismissJob: "command",
	changeSetting: "command",
	askReadmission: "command",
	startSuccessor: "command",
	exportBackup: "command",
	restoreBackup: "command",
	startCall: "command",
	joinCall: "command",
	answerCall: "command",
	declineCall: "command",
	hangUp: "command",
	callMedia: "command",
	reportMedia: "command",
	sealRoster: "command",
	openRoster: "command",
	ledger: "entries",
	ledgerOf: "entries",
} as const satisfies { readonly [M in Exclude<keyof SottoClient, "onEvent" | "close">]: LostAnswer };

export type RemoteMethod = keyof typeof remoteMethods;

/** What a page may tell the engine about the surroundings that only a page sees. */
export type Signal = "online" | "offline" | "resumed";

/** From the side that asks. */
export type Asking =
	| { readonly type: "call"; readonly id: number; readonly method: RemoteMethod; readonly args: readonly unknown[] }
	| { readonly type: "signal"; readonly signal: Signal };

/** From the side that has the engine. */
export type Answering =
	| { readonly type: "hello"; readonly version: number }
	| { readonly type: "answer"; readonly id: number; readonly value: unknown }
	/** The engine threw: a bug, told to the caller as an exception. */
	| { readonly type: "fault"; readonly id: number; readonly message: string }
	| { readonly type: "event"; readonly event: unknown };

/** What arrives is trusted as far as its sender (this origin, this user), and still looked at before it is used. */
export function parseAsking(message: unknown): Asking | undefined {
	if (!isObject(message)) return undefined;
	if (message.type === "signal" && ["online", "offline", "resumed"].includes(message.signal as string)) {
		return { type: "signal", signal: message.signal as Signal };
	}
	const { type, id, method, args } = message;
	if (type !== "call" || typeof id !== "number" || typeof method !== "string" || !Array.isArray(args)) return undefined;
	return Object.hasOwn(remoteMethods, method) ? { type, id, method: method as RemoteMethod, args } : undefined;
}

export function parseAnswering(message: unknown): Answering | undefined {
	if (!isObject(message)) return undefined;
	const { type, id } = message;
	if (type === "hello" && typeof message.version === "number") return { type, version: message.version };
	if (type === "event") return { type, event: message.event };
	if (typeof id !== "number") return undefined;
	if (type === "answer") return { type, id, value: message.value };
	return type === "fault" ? { type, id, message: String(message.message) } : undefined;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
	return typeof value === "object" && value !== null;
}
