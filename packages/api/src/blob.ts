import { booleanShape, brandedBytes, bytesShape, integerShape, mapShape } from "@sotto/bytes";
import type { Route } from "./route.ts";

/** A blob is written once, chunk by chunk, under `blobId = H("sotto blob", writeCap)`, and ends by itself after its lifetime. */
export const blobChunkBytes = 65_536;
export const maxBlobChunks = 4_096;

const blobId = brandedBytes<"BlobId">(32);
const index = integerShape(0, maxBlobChunks - 1);

function route<Request, Response>(definition: Omit<Route<Request, Response>, "role">): Route<Request, Response> {
	return { role: "home", ...definition };
}

/** Writing the same bytes at the same index again is answered like the first time; other bytes are `alreadyWritten`. */
export const putBlobChunkRoute = route({
	path: "/v1/blob/put",
	maxRequestBytes: blobChunkBytes + 512,
	maxResponseBytes: 64,
	request: mapShape({
		blobId,
		writeCap: bytesShape(32, 32),
		index,
		chunkCount: integerShape(1, maxBlobChunks),
		chunk: bytesShape(1, blobChunkBytes),
	}),
	response: mapShape({}),
});

/** `complete` says whether all chunks are there, so that an upload can be resumed from the first missing one. */
export const getBlobChunkRoute = route({
	path: "/v1/blob/get",
	maxRequestBytes: 512,
	maxResponseBytes: blobChunkBytes + 512,
	request: mapShape({ blobId, index }),
	response: mapShape({
		chunkCount: integerShape(1, maxBlobChunks),
		complete: booleanShape,
		chunk: bytesShape(0, blobChunkBytes),
	}),
});
