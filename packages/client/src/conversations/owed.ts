import {
	type Bytes,
	bytesShape,
	type CborValue,
	encodeCbor,
	integerShape,
	listShape,
	mapShape,
	optional,
	parseCbor,
	type Result,
	type ShapeError,
	type ShapeOf,
} from "@sotto/bytes";
import {
	maxAddsPerCommit,
	newBlobKey,
	newWriteCap,
	parseAccountKey,
	type PendingCommit,
	sealBlob,
	shapeOf,
} from "@sotto/crypto";
import { type Joiner, letterAddressShape } from "@sotto/protocol";
import { revealed, secretShape } from "../store/secrets.ts";

const welcomeShape = mapShape({
	welcome: bytesShape(1, 262_144),
	/** The ratchet tree, sealed, with the capability to write it and the key that the letters tell. */
	tree: mapShape({ writeCap: secretShape(32), key: secretShape(32), sealed: bytesShape(1, 4_194_304) }),
	joiners: listShape(mapShape({ account: shapeOf(parseAccountKey), letterTo: letterAddressShape }), maxAddsPerCommit),
});
/** What is sent to whoever a commit adds, once it counts (C1). */
export type OwedWelcome = ShapeOf<typeof welcomeShape>;

const owedShape = mapShape({
	/** The wishes that the commit fulfils, by number. */
	wishes: listShape(integerShape(0, 2 ** 40), 256),
	welcome: optional(welcomeShape),
});
/** What follows if the own commit on its way counts; stored before it is appended (C4). */
export type Owed = ShapeOf<typeof owedShape>;

export function encodeOwed({ wishes, welcome }: Owed): Bytes {
	const tree = welcome && {
		writeCap: revealed(welcome.tree.writeCap),
		key: revealed(welcome.tree.key),
		sealed: welcome.tree.sealed,
	};
	return encodeCbor({ wishes: [...wishes], welcome: welcome && ({ ...welcome, tree } as CborValue) });
}

export function decodeOwed(bytes: Uint8Array): Result<Owed, ShapeError> {
	return parseCbor(owedShape, bytes);
}

/** Seals the tree that joiners need beside their Welcome; undefined if nobody joins. */
export async function owedWelcome(
	commit: Pick<PendingCommit, "welcome" | "ratchetTree">,
	joiners: readonly Joiner[],
): Promise<OwedWelcome | undefined> {
	if (commit.welcome === undefined || joiners.length === 0) return undefined;
	const [writeCap, key] = [newWriteCap(), newBlobKey()];
	const sealed = await sealBlob(key, commit.ratchetTree);
	if (!sealed.ok) throw new Error("a tree of 250 leaves fits a blob");
	return { welcome: commit.welcome, tree: { writeCap, key, sealed: sealed.value }, joiners };
}
