import { createGroup } from "@sotto/crypto";
import { encodePolicy, ownPolicy } from "@sotto/protocol";
import { storeBeginning } from "../contacts/begin-contact.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import { logSeedOf } from "../contacts/form-group.ts";
import { beginConversation } from "../conversations/directory.ts";
import { ownConversationId } from "../store/keys.ts";

/**
 * Begins the conversation of the account's devices, with this one alone in it (D2). There is one, because whoever begins it is
 * the account's only device: the others are added to it before anything else.
 */
export async function foundOwnConversation(
	parts: Pick<FirstContactParts, "engine" | "account" | "directory">,
): Promise<void> {
	const { engine, account, directory } = parts;
	const own = account.keys.key;
	const policy = ownPolicy(own);
	const group = await createGroup({
		groupId: engine.random(32),
		keyPackage: await account.newPackage(),
		policyExtension: encodePolicy(policy),
	});
	const now = engine.clock.now();
	const begun = beginConversation({ policy, own, group, logSeed: await logSeedOf(group), joined: false, now });
	directory.add(ownConversationId, await storeBeginning(parts, ownConversationId, begun, group, async () => undefined));
}
