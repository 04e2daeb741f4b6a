import { type Bytes, equalBytes } from "@sotto/bytes";
import type { DatabaseSync } from "node:sqlite";
import type { GetChunkAnswer, PutChunk, PutChunkAnswer } from "../port.ts";

type BlobRow = { chunk_count: number; written: number };

export type BlobTables = {
	putChunk(request: PutChunk): PutChunkAnswer;
	getChunk(request: { blobId: Bytes; index: number }): GetChunkAnswer;
};

/** The blob operations on an open database. The caller runs them inside a transaction. */
export function openBlobTables(database: DatabaseSync): BlobTables {
	const blob = database.prepare("SELECT chunk_count, written FROM blobs WHERE blob_id = ?");
	const chunk = database.prepare("SELECT chunk FROM chunks WHERE blob_id = ? AND place = ?");
	const create = database.prepare("INSERT INTO blobs VALUES (?, ?, 1, ?)");
	const count = database.prepare("UPDATE blobs SET written = written + 1 WHERE blob_id = ?");
	const write = database.prepare("INSERT INTO chunks VALUES (?, ?, ?)");
	const chunkAt = (blobId: Bytes, index: number) => chunk.get(blobId, index) as { chunk: Bytes } | undefined;
	return {
		putChunk(request) {
			const { blobId, index, chunkCount } = request;
			const found = blob.get(blobId) as BlobRow | undefined;
			if (found === undefined) {
				if (!request.mayCreate) return { kind: "limited" };
				create.run(blobId, chunkCount, request.hour);
				write.run(blobId, index, request.chunk);
				return { kind: "created" };
			}
			if (found.chunk_count !== chunkCount) return { kind: "conflict" };
			const present = chunkAt(blobId, index);
			if (present !== undefined) return { kind: equalBytes(present.chunk, request.chunk) ? "known" : "conflict" };
			write.run(blobId, index, request.chunk);
			count.run(blobId);
			return { kind: "written" };
		},
		getChunk({ blobId, index }) {
			const found = blob.get(blobId) as BlobRow | undefined;
			if (found === undefined) return { kind: "notFound" };
			return {
				kind: "got",
				chunkCount: found.chunk_count,
				complete: found.written === found.chunk_count,
				chunk: chunkAt(blobId, index)?.chunk ?? new Uint8Array(),
			};
		},
	};
}
