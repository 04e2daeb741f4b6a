import { blobChunkBytes, getBlobChunkRoute, maxBlobChunks, putBlobChunkRoute } from "@sotto/api";
import { type Bytes, concat, err, ok, type Result } from "@sotto/bytes";
import { type BlobId, blobId, type WriteCap } from "@sotto/crypto";
import { revealed } from "../store/secrets.ts";
import type { Purpose, ServiceError, Services } from "./services.ts";

/** Writes a sealed blob chunk by chunk. Doing it again with the same bytes changes nothing, so it is simply repeated. */
export async function putBlob(
	services: Services,
	writeCap: WriteCap,
	sealed: Uint8Array,
	purpose: Purpose,
): Promise<Result<void, ServiceError>> {
	const chunkCount = Math.ceil(sealed.length / blobChunkBytes);
	for (let index = 0; index < chunkCount; index++) {
		const chunk = sealed.slice(index * blobChunkBytes, (index + 1) * blobChunkBytes) as Bytes;
		const request = { blobId: blobId(writeCap), writeCap: revealed(writeCap), index, chunkCount, chunk };
		const put = await services.call(putBlobChunkRoute, request, purpose);
		if (!put.ok) return put;
	}
	return ok();
}

/** Fetches a whole sealed blob of at most `maxBytes`. Error `incomplete`: it is not all there (yet), or is too large. */
export async function getBlob(
	services: Services,
	id: BlobId,
	maxBytes: number,
	purpose: Purpose,
): Promise<Result<Bytes, ServiceError | { readonly kind: "incomplete" }>> {
	const chunks: Bytes[] = [];
	for (let index = 0; ; index++) {
		const got = await services.call(getBlobChunkRoute, { blobId: id, index }, purpose);
		if (!got.ok) return got;
		const { chunkCount, complete, chunk } = got.value;
		const tooLarge = chunkCount > maxBlobChunks || (chunkCount - 1) * blobChunkBytes > maxBytes;
		if (!complete || tooLarge) return err({ kind: "incomplete" });
		chunks.push(chunk);
		if (index + 1 === chunkCount) return ok(concat(...chunks));
	}
}
