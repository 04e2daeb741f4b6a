import { createGroup } from "@sotto/crypto";
import { encodePolicy, planWishes, type Policy, type Wish } from "@sotto/protocol";
import { storeBeginning } from "../contacts/begin-contact.ts";
import type { FirstContactParts } from "../contacts/first-contact.ts";
import { logSeedOf } from "../contacts/form-group.ts";
import { welcomeJoiners } from "../contacts/write-welcome.ts";
import { beginConversation } from "../conversations/directory.ts";
import { owedWelcome } from "../conversations/owed.ts";
import { groupInForce, sealPlan } from "../conversations/seal-wishes.ts";
import type { ConversationId } from "../sdk.ts";
import { groupConversationId } from "../store/keys.ts";

/**
 * Begins a group with a policy that names its creator alone. The first adds need no log, because nobody else is there to read it:
 * everything begins in their epoch. Whom one commit does not hold comes in by the next ones.
 */
export async function foundGroup(
	parts: FirstContactParts,
	policy: Policy,
	wishes: readonly Wish[],
): Promise<ConversationId> {
	const { engine, account, directory } = parts;
	const own = account.keys.key;
	const now = engine.clock.now();
	const groupId = engine.random(32);
	const alone = await createGroup({
		groupId,
		keyPackage: await account.newPackage(),
		policyExtension: encodePolicy(policy),
	});
	const begin = async (group: typeof alone, named: Policy) =>
		beginConversation({ policy: named, own, group, logSeed: await logSeedOf(group), joined: false, now });
	const before = await begin(alone, policy);
	const plan = planWishes(wishes, groupInForce(alone, own)).commit;
	const sealed = plan && (await sealPlan({ group: alone, state: before.state }, plan, engine.mlsRules));
	const isFounded = sealed?.ok === true;
	const group = isFounded ? sealed.value.pendingState : alone;
	const held = isFounded ? await begin(group, plan?.policy ?? policy) : before;
	const welcome = isFounded && plan !== undefined ? await owedWelcome(sealed.value, plan.joiners) : undefined;
	const id = groupConversationId(groupId);
	const rest = wishes.filter((_, index) => !isFounded || !plan?.covers.includes(index));
	const stored = await storeBeginning(parts, id, held, group, async (draft) => {
		for (const wish of rest) draft.addWish({ wish, notBefore: 0, madeAt: now });
		if (welcome !== undefined) await welcomeJoiners(parts, draft, welcome, undefined);
	});
	directory.add(id, stored);
	engine.changed();
	return id;
}
