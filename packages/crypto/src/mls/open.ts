import { type Bytes, copyBytes, equalBytes, err, ok, type Result } from "@sotto/bytes";
import type { AuthenticatedContent } from "ts-mls/authenticatedContent.js";
import type { GroupState as MlsState } from "ts-mls/clientState.js";
import type { FramedContentCommit } from "ts-mls/framedContent.js";
import { decodeMlsMessage } from "ts-mls/message.js";
import { unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { decryptSenderData, type PrivateMessage } from "ts-mls/privateMessage.js";
import type { SecretTree } from "ts-mls/secretTree.js";
import { type AuthenticatedData, parseAuthenticatedData } from "./authenticated-data.ts";
import { judgeCommit } from "./judge.ts";
import { followCommit } from "./next-epoch.ts";
import { encodePrivateMessage } from "./seal.ts";
import { GroupState, leafNodeAt, memberOfTree, suiteOfState } from "./state.ts";
import {
	type CommitOutcome,
	type Leaf,
	maxMlsMessage,
	type Member,
	type MlsRules,
	type OpenedMessage,
	type VoidReason,
} from "./types.ts";

/**
 * Judges one MLS message by C2 and opens it. An error is the reason why the record is void: it then leaves no trace in any
 * state. Never throws on malformed input. Works on one's own records as on anyone's, if sending has not advanced `state` (C5).
 */
export async function openMessage(
	state: GroupState,
	mlsBytes: Uint8Array,
	rules: MlsRules,
): Promise<Result<OpenedMessage, VoidReason>> {
	const mls = GroupState.open(state);
	const message = decodePrivate(mlsBytes);
	if (!message.ok) return message;
	if (message.value.contentType === "proposal") return err("standaloneProposal");
	const framed = await unseal(mls, message.value);
	if (!framed.ok) return framed;
	const { content, sender, data, secretTree } = framed.value;
	if (content.content.contentType === "application") {
		const member = memberOfTree(mls.ratchetTree, sender);
		if (member === undefined) return err("unknownSender");
		return ok({
			kind: "application",
			sender: member,
			generation: data.generation,
			content: copyBytes(content.content.applicationData),
			authenticatedData: data.data,
			state: new GroupState({ ...mls, secretTree }),
		});
	}
	return openCommit(mls, sender, content, data.data, rules);
}

/**
 * Who is to be named for a commit or proposal that does not count: its bytes open in this epoch, as its sender's next generation, and
 * the sender's signature over them holds. Undefined for everything else: what is void for another reason any member, or nobody, may
 * have sent, and honest members meet it too (a lost race, a message that was late).
 */
export async function signerOfVoid(state: GroupState, mlsBytes: Uint8Array): Promise<Member | undefined> {
	const mls = GroupState.open(state);
	const message = decodePrivate(mlsBytes);
	if (!message.ok || message.value.contentType === "application") return undefined;
	const framed = await unseal(mls, message.value);
	return framed.ok ? memberOfTree(mls.ratchetTree, framed.value.sender) : undefined;
}

function decodePrivate(mlsBytes: Uint8Array): Result<PrivateMessage, VoidReason> {
	if (mlsBytes.length > maxMlsMessage) return err("tooLarge");
	try {
		const message = decodeMlsMessage(copyBytes(mlsBytes), 0)?.[0];
		if (message === undefined) return err("notMls");
		if (message.wireformat !== "mls_private_message") return err("notPrivateMessage");
		// One spelling only: the library reads lengths that are longer than need be, and ignores what follows.
		return equalBytes(encodePrivateMessage(message.privateMessage), mlsBytes)
			? ok(message.privateMessage)
			: err("notMls");
	} catch {
		// The library's decoders throw CodecError on malformed bytes.
		return err("notMls");
	}
}

type Framed = {
	readonly content: AuthenticatedContent;
	readonly sender: Leaf;
	readonly data: AuthenticatedData;
	readonly secretTree: SecretTree;
};

// Exactly the next generation: nothing is skipped and nothing kept (C6). retainKeysForEpochs would only matter to history,
// which our states do not have.
const retention = { retainKeysForGenerations: 0, retainKeysForEpochs: 1, maximumForwardRatchetSteps: 0 };

async function unseal(mls: MlsState, message: PrivateMessage): Promise<Result<Framed, VoidReason>> {
	const { cs } = suiteOfState(mls);
	const { groupContext, secretTree, ratchetTree } = mls;
	if (!equalBytes(message.groupId, groupContext.groupId)) return err("otherGroup");
	if (message.epoch !== groupContext.epoch) return err("otherEpoch");
	const data = parseAuthenticatedData(message.authenticatedData);
	if (!data.ok) return data;
	try {
		const { senderDataSecret } = mls.keySchedule;
		const senderData = await decryptSenderData(message, senderDataSecret, cs);
		if (senderData === undefined || senderData.reuseGuard.length !== 4) return err("doesNotOpen");
		const sender: Leaf = senderData.leafIndex;
		const ratchets = secretTree[sender * 2];
		if (leafNodeAt(ratchetTree, sender) === undefined || ratchets === undefined) return err("unknownSender");
		const ratchet = message.contentType === "application" ? ratchets.application : ratchets.handshake;
		const { generation } = senderData;
		// MLS does not sign the generation; the sender states it in what it signs (C2).
		if (generation !== ratchet.generation || generation !== data.value.generation) return err("wrongGeneration");
		const opened = await unprotectPrivateMessage(
			senderDataSecret,
			message,
			secretTree,
			ratchetTree,
			groupContext,
			retention,
			cs,
		);
		return ok({ content: opened.content, sender, data: data.value, secretTree: opened.tree });
	} catch {
		// A wrong tag or signature, or content that does not decode: the library throws MlsError, WebCrypto OperationError.
		return err("doesNotOpen");
	}
}

async function openCommit(
	mls: MlsState,
	sender: Leaf,
	{ content, auth }: AuthenticatedContent,
	authenticatedData: Bytes,
	rules: MlsRules,
): Promise<Result<OpenedMessage, VoidReason>> {
	if (content.contentType !== "commit" || auth.contentType !== "commit") return err("standaloneProposal");
	const judged = await judgeCommit(mls, sender, content.commit, authenticatedData, rules);
	if (!judged.ok) return judged;
	const { view } = judged.value;
	const confirmationTag = copyBytes(auth.confirmationTag);
	const done = (outcome: CommitOutcome) => ok({ kind: "commit", view, confirmationTag, outcome } as const);
	const own = mls.privatePath.leafIndex;
	if (view.removes.some(({ leaf }) => leaf === own)) return done({ kind: "removed" });
	if (sender === own) return done({ kind: "own" });
	const followed = await followCommit(mls, judged.value, content as FramedContentCommit, auth);
	if (!followed.ok) return done({ kind: "stranded", why: followed.error });
	return done({ kind: "advanced", state: new GroupState(followed.value) });
}
