import { type Bytes, concat, copyBytes, err, invariant, padTo, type Result, Secret, unpad, utf8 } from "@sotto/bytes";
import { aeadOpen, aeadOverhead, aeadSeal } from "./aead.ts";
import { kdf } from "./hash.ts";
import type { CallId } from "./ids.ts";
import { exportSecret, type GroupState } from "./mls/index.ts";
import { type SigningKey, signingKeyFromSeed } from "./signatures.ts";

/**
 * `callBase = exporter("sotto call", callId, 32)` of the epoch at hand: taken when a call starts, and again at each membership
 * commit during it. Rule K2.
 */
export function deriveCallBase(state: GroupState, callId: CallId): Promise<Secret> {
	return exportSecret(state, "sotto call", callId, 32);
}

/** What the room's key pair is made of, from the callBase at the call's start and after each removal: a joiner is told it (K2, C1). */
export function deriveRoomSeed(callBase: Secret): Secret {
	return new Secret(kdf(callBase, "sotto room key"));
}

/** The room's Ed25519 key pair; `roomId(publicKey)` names the room. Rule K2. */
export function roomKeyPair(roomSeed: Secret): Promise<SigningKey> {
	return signingKeyFromSeed(roomSeed);
}

/** callBase as a non-extractable HKDF key: what the SFrame worker is handed (K3). */
export function importCallBase(callBase: Secret): Promise<CryptoKey> {
	return callBase.use((bytes) => crypto.subtle.importKey("raw", copyBytes(bytes), "HKDF", false, ["deriveBits"]));
}

/** Sealed roster entries are multiples of this many bytes, so that they do not tell how many are in the call. */
export const rosterEntryStep = 1024;
/** The most bytes of a sealed roster entry. */
export const maxRosterEntry = 16 * rosterEntryStep;

const rosterData = (callId: CallId): Bytes => concat(utf8("sotto roster"), callId);

/** Seals a leaf-signed roster entry under callBase, for the room's data channel. At most 16 KiB sealed. Rule K4. */
export function sealRosterEntry(callBase: Secret, callId: CallId, content: Uint8Array): Promise<Bytes> {
	const length = Math.ceil((content.length + 4 + aeadOverhead) / rosterEntryStep) * rosterEntryStep;
	invariant(length <= maxRosterEntry, "a roster entry is at most 16 KiB");
	const key = new Secret(kdf(callBase, "sotto roster"));
	return aeadSeal(key, padTo(content, length - aeadOverhead), rosterData(callId));
}

/** The inverse of {@link sealRosterEntry}. Error: `doesNotOpen`. */
export async function openRosterEntry(
	callBase: Secret,
	callId: CallId,
	sealed: Uint8Array,
): Promise<Result<Bytes, "doesNotOpen">> {
	if (sealed.length > maxRosterEntry || sealed.length % rosterEntryStep !== 0) return err("doesNotOpen");
	const opened = await aeadOpen(new Secret(kdf(callBase, "sotto roster")), sealed, rosterData(callId));
	if (!opened.ok) return opened;
	const content = unpad(opened.value);
	return content.ok ? content : err("doesNotOpen");
}
