import { type Bytes, equalBytes, Secret, unreachable, utf8, utf8ToText } from "@sotto/bytes";
import type { LogId } from "@sotto/crypto";
import { maxNameLength } from "../content.ts";
import type { LinkingMessage } from "./messages.ts";
import {
	type Comparing,
	type LinkingEffect,
	type LinkingFailure,
	type LinkingInput,
	linkingLifetimeMs,
	type LinkingState,
	type LinkingStep,
	type OwnPart,
} from "./state.ts";
import { channelKeys, commitTo, digitsOf, type Exchange } from "./transcript.ts";

/** What each side begins with; `nonce` is 32 unpredictable bytes. */
export type LinkingStart = {
	readonly logId: LogId;
	readonly nonce: Bytes;
	/** The new device's name, or the account's. */
	readonly name: string;
	readonly now: number;
};

/** The device without an account shows its code, and says hello where the code leads. */
export function startNewDevice(
	start: LinkingStart,
	keyPair: { readonly publicKey: Bytes; readonly privateKey: Secret },
): LinkingStep {
	const state: LinkingState = { phase: "waitingForAnswer", own: ownPart(start), ...keyPair };
	return { state, effects: [send({ type: "hello", v: 1, publicKey: keyPair.publicKey })] };
}

/** The device with the account waits for what stands where the typed code leads; `secret` is 32 unpredictable bytes. */
export function startExistingDevice(start: LinkingStart, secret: Secret): LinkingStep {
	return { state: { phase: "waitingForHello", own: ownPart(start), secret }, effects: [] };
}

/** A new device that was restarted after its user confirmed: it waits for what the other hands over. */
export function resumeNewDevice(
	kept: Pick<Comparing, "digits" | "otherName" | "keys"> & { readonly expiresAt: number; readonly logId: LogId },
): LinkingState {
	const { logId, expiresAt, digits, otherName, keys } = kept;
	// Its nonce was told and has done its work.
	const own: OwnPart = { logId, nonce: new Uint8Array(32), name: "", expiresAt };
	return { phase: "comparing", role: "new", own, keys, digits, otherName, confirmedHere: true, card: undefined };
}

/**
 * One step of linking (D2). Whatever comes out of order, twice, altered or too late ends it: a code is used once, and nobody
 * in the middle gets a second try.
 */
export function stepLinking(state: LinkingState, input: LinkingInput, now: number): LinkingStep {
	if (state.phase === "done" || state.phase === "failed") return { state, effects: [] };
	if (input.kind === "failed") return fail(input.reason, abortOf(input.reason));
	if (state.phase === "transferring") return onTransferring(state, input);
	if (now >= state.own.expiresAt) return fail("expired", "cancelled");
	switch (input.kind) {
		case "woke":
		case "arrived":
			return { state, effects: [] };
		case "garbage":
			return fail("mismatch", "mismatch");
		case "confirmed":
			return onConfirmed(state, input.same);
		case "received":
			return onReceived(state, input.message, input.opened);
		default:
			return unreachable(input);
	}
}

function onReceived(
	state: Exclude<LinkingState, { readonly phase: "done" | "failed" | "transferring" }>,
	message: LinkingMessage,
	opened: Bytes | undefined,
): LinkingStep {
	if (message.type === "abort") return fail(message.reason);
	switch (state.phase) {
		case "waitingForHello":
			// Another device has answered this code, or it was used before.
			if (message.type === "answer") return fail("wrongCode");
			if (message.type !== "hello" || opened === undefined) return fail("mismatch", "mismatch");
			return onHello(state, message.publicKey, opened);
		case "waitingForAnswer":
			if (message.type !== "answer" || opened === undefined) return fail("mismatch", "mismatch");
			return onAnswer(state, message, opened);
		case "waitingForNonce":
			// Another device has taken this code between the hello and us.
			if (message.type === "answer") return fail("wrongCode");
			if (message.type !== "nonce" || opened === undefined) return fail("mismatch", "mismatch");
			return onNonce(state, message.nonce, opened);
		case "waitingForReveal":
			if (message.type !== "reveal" || opened === undefined) return fail("mismatch", "mismatch");
			return onReveal(state, message.nonce, opened);
		case "comparing":
			return onComparing(state, message, opened);
	}
}

/** Existing device: seals the secret to the key it was shown, and commits itself before it says anything more. */
function onHello(
	{ own, secret }: LinkingState & { readonly phase: "waitingForHello" },
	publicKey: Bytes,
	sealed: Bytes,
): LinkingStep {
	const about = { logId: own.logId, publicKey, sealed };
	const exchange: Exchange = { ...about, commitment: commitTo(own.nonce, about) };
	const keys = channelKeys(secret, exchange, []);
	const { commitment } = exchange;
	return {
		state: { phase: "waitingForNonce", own, exchange, secret, keys },
		effects: [send({ type: "answer", sealed, commitment })],
	};
}

/** New device: the other is committed, so this nonce can be told. */
function onAnswer(
	{ own, publicKey }: LinkingState & { readonly phase: "waitingForAnswer" },
	answer: LinkingMessage & { readonly type: "answer" },
	opened: Bytes,
): LinkingStep {
	const { sealed, commitment } = answer;
	const exchange: Exchange = { logId: own.logId, publicKey, sealed, commitment };
	const secret = new Secret(opened);
	const keys = channelKeys(secret, exchange, []);
	const { nonce, name } = own;
	return {
		state: { phase: "waitingForReveal", own, exchange, secret, keys },
		effects: [{ kind: "send", outgoing: { type: "nonce", nonce, seal: utf8(name), key: keys.fromNew } }],
	};
}

/** Existing device: both nonces are fixed, so its own may be seen. */
function onNonce(state: LinkingState & { readonly phase: "waitingForNonce" }, ofNew: Bytes, name: Bytes): LinkingStep {
	const { own } = state;
	const comparing = compare(state, "existing", { ofNew, ofExisting: own.nonce }, name);
	const reveal = { type: "reveal" as const, nonce: own.nonce, seal: utf8(own.name), key: state.keys.fromExisting };
	return comparing === undefined
		? fail("mismatch", "mismatch")
		: { state: comparing, effects: [{ kind: "send", outgoing: reveal }] };
}

/** New device: is this what the other was committed to? */
function onReveal(
	state: LinkingState & { readonly phase: "waitingForReveal" },
	ofExisting: Bytes,
	name: Bytes,
): LinkingStep {
	const isCommitted = equalBytes(commitTo(ofExisting, state.exchange), state.exchange.commitment);
	const comparing = isCommitted ? compare(state, "new", { ofNew: state.own.nonce, ofExisting }, name) : undefined;
	return comparing === undefined ? fail("mismatch", "mismatch") : { state: comparing, effects: [] };
}

function compare(
	{ own, exchange, secret }: LinkingState & { readonly phase: "waitingForNonce" | "waitingForReveal" },
	role: "new" | "existing",
	nonces: { readonly ofNew: Bytes; readonly ofExisting: Bytes },
	name: Bytes,
): LinkingState | undefined {
	const otherName = utf8ToText(name);
	if (!otherName.ok || otherName.value.length > maxNameLength) return undefined;
	return {
		phase: "comparing",
		role,
		own,
		keys: channelKeys(secret, exchange, [nonces.ofNew, nonces.ofExisting]),
		digits: digitsOf(exchange, nonces),
		otherName: otherName.value,
		confirmedHere: false,
		card: undefined,
	};
}

function onConfirmed(state: LinkingState, same: boolean): LinkingStep {
	if (!same) return fail("mismatch", "mismatch");
	if (state.phase !== "comparing" || state.confirmedHere) return { state, effects: [] };
	const confirmed = { ...state, confirmedHere: true };
	if (state.role === "existing") return handOverIfAgreed(confirmed);
	const outgoing = { type: "confirm" as const, seal: "card" as const, key: state.keys.fromNew };
	return { state: confirmed, effects: [{ kind: "send", outgoing }] };
}

function onComparing(
	state: LinkingState & { readonly phase: "comparing" },
	message: LinkingMessage,
	opened: Bytes | undefined,
): LinkingStep {
	if (opened === undefined) return fail("mismatch", "mismatch");
	if (state.role === "existing" && message.type === "confirm" && state.card === undefined)
		return handOverIfAgreed({ ...state, card: opened });
	// An existing device hands over only to a new one whose user has confirmed.
	if (state.role === "new" && message.type === "handover" && state.confirmedHere)
		return {
			state: { phase: "transferring", role: "new", otherName: state.otherName, keys: state.keys },
			effects: [{ kind: "adopt", handover: opened, key: state.keys.fromNew }],
		};
	return fail("mismatch", "mismatch");
}

/** Both users have seen the same digits. */
function handOverIfAgreed(state: LinkingState & { readonly phase: "comparing" }): LinkingStep {
	const { card, confirmedHere, otherName, keys } = state;
	if (card === undefined || !confirmedHere) return { state, effects: [] };
	return {
		state: { phase: "transferring", role: "existing", otherName, keys },
		effects: [{ kind: "handOver", card, key: keys.fromExisting }],
	};
}

/** From here on nobody's word but the other device's own, sealed, or its being there, ends it. */
function onTransferring(state: LinkingState & { readonly phase: "transferring" }, input: LinkingInput): LinkingStep {
	const saysDone = input.kind === "received" && input.message.type === "done" && input.opened !== undefined;
	if (state.role !== "existing" || !(saysDone || input.kind === "arrived")) return { state, effects: [] };
	return { state: { phase: "done", otherName: state.otherName }, effects: [{ kind: "ended" }] };
}

function send(message: LinkingMessage): LinkingEffect {
	return { kind: "send", outgoing: { message } };
}

/** What the other side is told; a log that cannot be reached is told nothing. */
function abortOf(reason: LinkingFailure): (LinkingMessage & { readonly type: "abort" })["reason"] | undefined {
	if (reason === "mismatch" || reason === "tooManyDevices" || reason === "cancelled") return reason;
	return reason === "expired" ? "cancelled" : undefined;
}

/** Ends it, tells the other side why, and leaves nothing behind. */
function fail(reason: LinkingFailure, tell?: (LinkingMessage & { readonly type: "abort" })["reason"]): LinkingStep {
	const told: LinkingEffect[] = tell === undefined ? [] : [send({ type: "abort", reason: tell })];
	return { state: { phase: "failed", reason }, effects: [...told, { kind: "ended" }] };
}

function ownPart({ logId, nonce, name, now }: LinkingStart): OwnPart {
	return { logId, nonce, name: name.slice(0, maxNameLength), expiresAt: now + linkingLifetimeMs };
}
