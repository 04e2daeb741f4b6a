import { type Bytes, copyBytes, err, invariant, ok, type Result } from "@sotto/bytes";
import { encodeMlsMessage } from "ts-mls/message.js";
import { protectApplicationData } from "ts-mls/messageProtection.js";
import type { PrivateMessage } from "ts-mls/privateMessage.js";
import { encodeAuthenticatedData, maxAuthenticatedData } from "./authenticated-data.ts";
import { GroupState, suiteOfState } from "./state.ts";
import { maxMlsMessage } from "./types.ts";

/** Records are padded outside, so messages are not padded inside. */
export const noPadding = { kind: "padUntilLength", padUntilLength: 0 } as const;

export function encodePrivateMessage(privateMessage: PrivateMessage): Bytes {
	return copyBytes(encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage }));
}

/**
 * Seals content as an MLS private message. **Does not advance `state`** (C5): the state advances when the record is read back,
 * and until then a second call gives the same generation; a device keeps one message per conversation in its outbox. The
 * generation is stated in the authenticated data beside the caller's (at most 16 KiB). Error: `tooLarge` for a record.
 */
export async function sealApplication(
	state: GroupState,
	content: Uint8Array,
	authenticatedData: Uint8Array,
): Promise<Result<{ readonly mlsBytes: Bytes; readonly generation: number }, "tooLarge">> {
	invariant(authenticatedData.length <= maxAuthenticatedData, "authenticated data is at most 16 KiB");
	if (content.length > maxMlsMessage) return err("tooLarge");
	const mls = GroupState.open(state);
	const leaf = mls.privatePath.leafIndex;
	const generation = mls.secretTree[leaf * 2]?.application.generation;
	invariant(generation !== undefined, "a member has a ratchet");
	const { privateMessage } = await protectApplicationData(
		mls.signaturePrivateKey,
		mls.keySchedule.senderDataSecret,
		content,
		encodeAuthenticatedData(generation, authenticatedData),
		mls.groupContext,
		mls.secretTree,
		leaf,
		noPadding,
		suiteOfState(mls).cs,
	);
	const mlsBytes = encodePrivateMessage(privateMessage);
	return mlsBytes.length > maxMlsMessage ? err("tooLarge") : ok({ mlsBytes, generation });
}
