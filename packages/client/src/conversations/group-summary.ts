import {
	type Bytes,
	bytesShape,
	encodeCbor,
	integerShape,
	listShape,
	literalShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
} from "@sotto/bytes";
import {
	epoch,
	groupIdOf,
	type GroupState,
	maxLeaves,
	maxPolicyExtension,
	members,
	parseAccountKey,
	policyExtension,
	shapeOf,
} from "@sotto/crypto";
import { accountOf, deviceOf, listVersionOf } from "./members.ts";

const summaryShape = mapShape({
	v: literalShape(1),
	epoch: integerShape(0, 2 ** 40),
	/** By this the conversation can be asked for again where nothing else of it can be read (D3). */
	groupId: optional(bytesShape(32, 32)),
	/** Every device, by leaf, with its listed key and the version of the list that its leaf states (D1). */
	members: listShape(
		mapShape({
			leaf: integerShape(0, 65_535),
			account: shapeOf(parseAccountKey),
			device: bytesShape(32, 32),
			list: integerShape(1, 2 ** 31),
		}),
		maxLeaves,
	),
	/** Our GroupContext extension: roles, name, picture (C9). */
	policy: bytesShape(0, maxPolicyExtension),
});
/** What lists, titles and calls need of a group that is not loaded. Changes with its epochs alone. */
export type GroupSummary = ShapeOf<typeof summaryShape>;

export function summaryOf(group: GroupState): GroupSummary {
	return {
		v: 1,
		epoch: Number(epoch(group)),
		groupId: groupIdOf(group),
		members: members(group).map((member) => ({
			leaf: member.leaf,
			account: accountOf(member),
			device: deviceOf(member),
			list: listVersionOf(member),
		})),
		policy: policyExtension(group),
	};
}

export function encodeSummary(summary: GroupSummary): Bytes {
	return encodeCbor({ ...summary, members: summary.members.map((member) => ({ ...member })) });
}

export function decodeSummary(bytes: Uint8Array): Result<GroupSummary, ShapeError> {
	return parseCbor(summaryShape, bytes);
}
