import { getBlobChunkRoute, putBlobChunkRoute, type Refusal, type RequestOf, type ResponseOf } from "@sotto/api";
import { equalBytes, err, ok, type Result, Secret } from "@sotto/bytes";
import { blobId as deriveBlobId, type WriteCap } from "@sotto/crypto";
import { hourOf } from "@sotto/storage";
import type { HomeParts, Serve } from "./parts.ts";

/** Puts the routes of blobs on the app: docs/spec/blobs.md. */
export function serveBlobs(serve: Serve, parts: HomeParts): void {
	serve(putBlobChunkRoute, (request) => putChunk(parts, request));
	serve(getBlobChunkRoute, async ({ blobId, index }) => {
		const answer = await parts.store.getChunk({ blobId, index });
		if (!answer.ok) return err({ code: answer.error.kind });
		if (answer.value.kind === "notFound") return err({ code: "notFound" });
		const { chunkCount, complete, chunk } = answer.value;
		return ok({ chunkCount, complete, chunk });
	});
}

async function putChunk(
	{ store, clock, limits }: HomeParts,
	request: RequestOf<typeof putBlobChunkRoute>,
): Promise<Result<ResponseOf<typeof putBlobChunkRoute>, Refusal>> {
	const { blobId, writeCap, index, chunkCount, chunk } = request;
	if (index >= chunkCount) return err({ code: "malformed", at: "body.index" });
	if (!equalBytes(deriveBlobId(new Secret(writeCap) as WriteCap), blobId)) return err({ code: "wrongCapability" });
	if (!limits.storedBytes.take(chunk.length)) return err({ code: "tooManyRequests" });
	const mayCreate = limits.blobs.take();
	const answer = await store.putChunk({ blobId, index, chunkCount, chunk, hour: hourOf(clock.now()), mayCreate });
	const kind = answer.ok ? answer.value.kind : undefined;
	if (mayCreate && kind !== "created") limits.blobs.giveBack();
	if (kind !== "created" && kind !== "written") limits.storedBytes.giveBack(chunk.length);
	if (!answer.ok) return err({ code: answer.error.kind });
	if (kind === "limited") return err({ code: "tooManyBlobs" });
	return kind === "conflict" ? err({ code: "alreadyWritten" }) : ok({});
}
