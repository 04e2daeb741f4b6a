import { type Bytes, Secret, utf8 } from "@sotto/bytes";
import { aeadOpen, aeadSeal, openFrom, sealTo } from "@sotto/crypto";
import { encodeLinkingMessage, type LinkingMessage, parseLinkingMessage } from "./messages.ts";
import type { LinkingInput, LinkingState, Outgoing } from "./state.ts";

const kem = "X-Wing";
const info = utf8("sotto linking");
const sealedLabel = (type: LinkingMessage["type"]): Bytes => utf8(`sotto linking ${type}`);

/** Reads a message of the other side as an input of the machine: everything asynchronous is done here. */
export async function openLinkingMessage(state: LinkingState, content: Uint8Array): Promise<LinkingInput> {
	const parsed = parseLinkingMessage(content);
	if (!parsed.ok) return { kind: "garbage" };
	const message = parsed.value;
	return { kind: "received", message, opened: await openPart(state, message) };
}

async function openPart(state: LinkingState, message: LinkingMessage): Promise<Bytes | undefined> {
	switch (message.type) {
		case "hello": {
			if (state.phase !== "waitingForHello") return undefined;
			const { secret, own } = state;
			const sealed = await secret.use((bytes) => sealTo(kem, message.publicKey, info, own.logId, bytes));
			return sealed.ok ? sealed.value : undefined;
		}
		case "answer": {
			if (state.phase !== "waitingForAnswer") return undefined;
			const opened = await openFrom(kem, state.privateKey, info, state.own.logId, message.sealed);
			return opened.ok && opened.value.length === 32 ? opened.value : undefined;
		}
		case "nonce":
			return state.phase === "waitingForNonce" ? openWith(state.keys.fromNew, "nonce", message.name) : undefined;
		case "reveal":
			return state.phase === "waitingForReveal" ? openWith(state.keys.fromExisting, "reveal", message.name) : undefined;
		case "confirm":
		case "done":
			return "keys" in state ? openWith(state.keys.fromNew, message.type, message.sealed) : undefined;
		case "handover":
			return "keys" in state ? openWith(state.keys.fromExisting, "handover", message.sealed) : undefined;
		case "abort":
			return undefined;
	}
}

async function openWith(key: Secret, type: LinkingMessage["type"], sealed: Bytes): Promise<Bytes | undefined> {
	const opened = await aeadOpen(key, sealed, sealedLabel(type));
	return opened.ok ? opened.value : undefined;
}

/** The bytes of a message that the machine wants sent; `card` is what a confirming new device says of itself. */
export async function sealOutgoing(outgoing: Outgoing, card: Uint8Array = new Uint8Array()): Promise<Bytes> {
	if ("message" in outgoing) return encodeLinkingMessage(outgoing.message);
	const plain = outgoing.seal === "card" ? card : outgoing.seal;
	const sealed = await aeadSeal(outgoing.key, plain, sealedLabel(outgoing.type));
	switch (outgoing.type) {
		case "nonce":
		case "reveal":
			return encodeLinkingMessage({ type: outgoing.type, nonce: outgoing.nonce, name: sealed });
		case "confirm":
		case "done":
			return encodeLinkingMessage({ type: outgoing.type, sealed });
	}
}

/** What the existing device hands over, sealed for the new one alone. */
export async function sealHandover(key: Secret, handover: Uint8Array): Promise<Bytes> {
	const sealed = await aeadSeal(key, handover, sealedLabel("handover"));
	return encodeLinkingMessage({ type: "handover", sealed });
}
