import { blobChunkBytes, getBlobChunkRoute, putBlobChunkRoute } from "@sotto/api";
import { type Bytes, Secret } from "@sotto/bytes";
import { blobId as deriveBlobId, randomBytes, type WriteCap } from "@sotto/crypto";
import { expect, test } from "vitest";
import { openTestHome } from "./home.test-kit.ts";

function newBlob() {
	const writeCap = randomBytes(32);
	return { blobId: deriveBlobId(new Secret(writeCap) as WriteCap), writeCap };
}

test("a blob's chunks come back as they were written, and it says when it is complete", async () => {
	const home = await openTestHome();
	const blob = newBlob();
	const chunks = [randomBytes(blobChunkBytes), randomBytes(blobChunkBytes), randomBytes(100)];
	const put = (index: number) =>
		home.call(putBlobChunkRoute, { ...blob, index, chunkCount: 3, chunk: chunks[index] as Bytes });
	const get = (index: number) => home.call(getBlobChunkRoute, { blobId: blob.blobId, index });
	await put(2);
	await put(0);
	expect(await get(1)).toEqual({ ok: true, value: { chunkCount: 3, complete: false, chunk: new Uint8Array() } });
	await put(1);
	for (const [index, chunk] of chunks.entries())
		expect(await get(index)).toEqual({ ok: true, value: { chunkCount: 3, complete: true, chunk } });
});

test("a chunk is written once: the same bytes again are fine, others are refused", async () => {
	const home = await openTestHome();
	const [blob, chunk] = [newBlob(), randomBytes(500)];
	const put = (bytes: Bytes, chunkCount = 2) =>
		home.call(putBlobChunkRoute, { ...blob, index: 0, chunkCount, chunk: bytes });
	expect((await put(chunk)).ok).toBe(true);
	expect((await put(chunk)).ok).toBe(true);
	expect(await put(randomBytes(500))).toEqual({ ok: false, error: { code: "alreadyWritten" } });
	expect(await put(chunk, 3)).toEqual({ ok: false, error: { code: "alreadyWritten" } });
	const got = await home.call(getBlobChunkRoute, { blobId: blob.blobId, index: 0 });
	expect(got).toEqual({ ok: true, value: { chunkCount: 2, complete: false, chunk } });
});

test("only whoever holds the write capability writes, and nothing stands behind the last chunk", async () => {
	const home = await openTestHome();
	const request = { ...newBlob(), index: 0, chunkCount: 1, chunk: randomBytes(10) };
	const stolen = await home.call(putBlobChunkRoute, { ...request, writeCap: randomBytes(32) });
	expect(stolen).toEqual({ ok: false, error: { code: "wrongCapability" } });
	const beyond = await home.call(putBlobChunkRoute, { ...request, index: 1 });
	expect(beyond).toEqual({ ok: false, error: { code: "malformed", at: "body.index" } });
	const missing = await home.call(getBlobChunkRoute, { blobId: request.blobId, index: 0 });
	expect(missing).toEqual({ ok: false, error: { code: "notFound" } });
});
