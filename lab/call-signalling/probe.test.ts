import { createRoomRoute, encodeRequest } from "@sotto/api";
import { generateSigningKey, roomId } from "@sotto/crypto";
import { nodeRandom, openNodePorts } from "@sotto/platform/node";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { probeRoom } from "../../packages/client/src/calls/probe.ts";
import { roomUrlsOf } from "../../packages/client/src/calls/room.ts";
import { createWorld, must } from "./world.ts";

test("a look tells whether a room is there, whatever its server has seen of it, and enters nothing", async () => {
	const world = await createWorld();
	const folder = await mkdtemp(join(tmpdir(), "sotto-probe-"));
	const ports = must(await openNodePorts(folder));
	const { joinUrl, createUrl } = roomUrlsOf(world.url);
	const key = await generateSigningKey();
	const look = () => probeRoom({ ...ports, random: nodeRandom }, joinUrl, roomId(key.publicKey));
	expect(await look()).toBe("nobody");
	const body = encodeRequest(createRoomRoute, { joinPublicKey: key.publicKey });
	const created = must(await ports.transport.post(createUrl, body, { maxResponseBytes: 1024, timeoutMs: 5_000 }));
	expect(created.status).toBe(200);
	expect(await look()).toBe("somebody");
	await world.end();
	expect(await look()).toBe("unknown");
	await ports.close();
	await rm(folder, { recursive: true, force: true });
});
