import process from "node:process";
import { apiVersion, joinSignatureLabel, joinSignedMessage, maxRoomFrameBytes, type WireRoomId } from "@sotto/api";
import { bytesToHex, encodeCbor } from "@sotto/bytes";
import { generateSigningKey, hash, sign } from "@sotto/crypto";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { allowedExtensions } from "./room/media-plan.ts";
import { firstLines, writeOffer } from "./room/offer.ts";
import { negotiatedExtensions, parseAnswer } from "./room/answer.ts";
import {
	answerTo,
	JoiningClient,
	joinUpToOffer,
	makeJoin,
	makeRoom,
	postRoom,
	randomOctets,
	roomBody,
	type RunningSfu,
	runSfu,
} from "./sfu.test-kit.ts";

let running: RunningSfu | undefined;

async function start(options: Parameters<typeof runSfu>[0] = {}): Promise<RunningSfu> {
	running = await runSfu(options);
	return running;
}

afterEach(async () => {
	await running?.stop();
	running = undefined;
});

const until = async (isMet: () => boolean) => {
	while (!isMet()) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe("making a room", () => {
	test("gives the hash of its join key, and the same again to whoever knows the key", async () => {
		const { sfu } = await start();
		const { publicKey } = await generateSigningKey();
		const first = await postRoom(sfu, roomBody(publicKey));
		expect(first).toEqual({ status: 200, roomId: hash("sotto room", publicKey) });
		expect(await postRoom(sfu, roomBody(publicKey))).toEqual(first);
		expect(sfu.count()).toEqual({ rooms: 1, participants: 0 });
	});

	test("is bounded in number and in pace", async () => {
		const few = await start({ limits: { rooms: 2, newRooms: { burst: 100, perSecond: 100 } } });
		const codes: (string | undefined)[] = [];
		for (let k = 0; k < 4; k++) codes.push((await postRoom(few.sfu, roomBody(randomOctets(32)))).code);
		expect(codes).toEqual([undefined, undefined, "tooManyRooms", "tooManyRooms"]);
		await few.stop();
		const slow = await start({ limits: { newRooms: { burst: 1, perSecond: 0.001 } } });
		await postRoom(slow.sfu, roomBody(randomOctets(32)));
		expect(await postRoom(slow.sfu, roomBody(randomOctets(32)))).toEqual({ status: 429, code: "tooManyRequests" });
	});

	test("refuses what is malformed with a code, and makes nothing", async () => {
		const { sfu } = await start();
		const bodies: readonly [Uint8Array, string][] = [
			[new Uint8Array(0), "malformed"],
			[encodeCbor({ v: apiVersion, joinPublicKey: randomOctets(31) }), "malformed"],
			[encodeCbor({ v: apiVersion, joinPublicKey: randomOctets(32), more: 1 }), "malformed"],
			[encodeCbor({ v: 99, joinPublicKey: randomOctets(32) }), "unknownVersion"],
			[randomOctets(200), "tooLarge"],
		];
		for (const [body, code] of bodies) expect((await postRoom(sfu, body)).code).toBe(code);
		expect(sfu.count().rooms).toBe(0);
	});

	test("an empty room ends, with its process", async () => {
		const { sfu } = await start({ limits: { emptyRoomMs: 200 } });
		await makeRoom(sfu);
		const [pid] = sfu.processIds();
		expect(pid).toBeGreaterThan(0);
		await until(() => sfu.count().rooms === 0);
		await until(() => !isRunning(pid ?? 0));
	});
});

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

describe("joining", () => {
	test("whoever signs with the room's key gets an offer", async () => {
		const { sfu, port } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const { offer, client } = await joinUpToOffer(port, key, roomId);
		expect(offer.seats).toBe(3);
		expect(offer.sdp).toMatch(/^a=candidate:1 1 UDP \d+ 127\.0\.0\.1 \d+ typ host$/m);
		expect(sfu.count()).toEqual({ rooms: 1, participants: 1 });
		client.close();
		await until(() => sfu.count().participants === 0);
	});

	test("the signature covers nonce, participant and certificate, under its own label (K6)", async () => {
		const { sfu, port } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const stranger = await generateSigningKey();
		const attempts: ((nonce: Uint8Array<ArrayBuffer>) => Promise<object>)[] = [
			async (nonce) => (await makeJoin(nonce, stranger, roomId)).request,
			async () => (await makeJoin(randomOctets(32), key, roomId)).request,
			async (nonce) => ({ ...(await makeJoin(nonce, key, roomId)).request, participantId: randomOctets(16) }),
			async (nonce) => ({ ...(await makeJoin(nonce, key, roomId)).request, fingerprint: randomOctets(32) }),
			async (nonce) => {
				const { request } = await makeJoin(nonce, key, roomId);
				const message = joinSignedMessage(nonce, request.participantId, request.fingerprint);
				return { ...request, signature: await sign(`${joinSignatureLabel} else`, key, message) };
			},
		];
		for (const attempt of attempts) {
			const client = new JoiningClient(port);
			client.send(encodeCbor((await attempt(await client.nonce())) as never));
			expect(await client.next("refused")).toEqual({ type: "refused", code: "badSignature" });
			await client.closed();
		}
		expect(sfu.count().participants).toBe(0);
	});

	test("each connection has its own nonce, so a join that was overheard opens nothing", async () => {
		const { sfu, port } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const first = new JoiningClient(port);
		const { request } = await makeJoin(await first.nonce(), key, roomId);
		first.say(request);
		expect(await first.next("offer")).not.toBe("closed");
		first.close();
		const second = new JoiningClient(port);
		await second.nonce();
		second.say(request);
		expect(await second.next("refused")).toEqual({ type: "refused", code: "badSignature" });
	});

	test("an unknown room, an unknown version and a full room are told apart", async () => {
		const { sfu, port } = await start({ limits: { participants: 1 } });
		const { key, roomId } = await makeRoom(sfu);
		const refusalOf = async (change: object) => {
			const client = new JoiningClient(port);
			const { request } = await makeJoin(await client.nonce(), key, roomId);
			client.say({ ...request, ...change });
			const refused = await client.next("refused");
			return refused === "closed" ? refused : refused.code;
		};
		expect(await refusalOf({ roomId: randomOctets(32) as WireRoomId })).toBe("notFound");
		expect(await refusalOf({ v: 2 })).toBe("unknownVersion");
		await joinUpToOffer(port, key, roomId);
		expect(await refusalOf({})).toBe("roomFull");
	});

	test("an answer with another certificate than the signed one ends the joining", async () => {
		const { sfu, port } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const { client, offer } = await joinUpToOffer(port, key, roomId);
		client.say({ type: "answer", sdp: answerTo(offer.sdp, randomOctets(32)) });
		expect(await client.next("gone")).toEqual({ type: "gone", reason: "badAnswer" });
		await client.closed();
		expect(sfu.count().participants).toBe(0);
	});

	test("an answer of ours is taken, a second one is not", async () => {
		const { sfu, port } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const { client, offer, joining } = await joinUpToOffer(port, key, roomId);
		client.say({ type: "answer", sdp: answerTo(offer.sdp, joining.fingerprint) });
		client.say({ type: "ping" });
		expect(await client.next("pong")).toEqual({ type: "pong" });
		client.say({ type: "answer", sdp: answerTo(offer.sdp, joining.fingerprint) });
		expect(await client.next("refused")).toEqual({ type: "refused", code: "malformed" });
	});
});

describe("what is negotiated", () => {
	test("is transport-wide feedback on the uplinks, the names of layers on the camera's, and no extension at all on the downlinks", async () => {
		const { sfu, port } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const { offer } = await joinUpToOffer(port, key, roomId);
		const sections = offer.sdp.split(/(?=^m=)/m).slice(1);
		expect(sections.map((section) => /^a=mid:(.*)$/m.exec(section)?.[1]?.trim())).toEqual([
			"ua",
			"uv",
			"us",
			"a0",
			"v0",
			"a1",
			"v1",
			"a2",
			"v2",
			"s0",
			"s1",
			"0",
		]);
		for (const section of sections) {
			const mid = /^a=mid:(\w+)/m.exec(section)?.[1] ?? "";
			const extensions = negotiatedExtensions(section.split("\r\n"));
			expect(extensions).toEqual(allowedExtensions(mid));
			const uris = extensions.map(({ uri }) =>
				uri
					.split(/[:/]/)
					.at(-1)
					?.replace(/^draft-/, ""),
			);
			const feedback = "holmer-rmcat-transport-wide-cc-extensions-01";
			const camera = [feedback, "rtp-stream-id", "repaired-rtp-stream-id"];
			const expected = { ua: [feedback], uv: camera, us: [feedback] }[mid] ?? [];
			expect(uris).toEqual(expected);
		}
		expect(offer.sdp).not.toMatch(/audio-level|red\/|ulpfec|flexfec|telephone-event|CN\//);
		for (const line of offer.sdp.match(/^a=fmtp:111 .*$/gm) ?? []) {
			expect(line).toContain("cbr=1");
			expect(line).toContain("usedtx=0");
			expect(line).toContain("useinbandfec=1");
		}
	});

	test("of an answer only credentials and streams are taken; one with another extension, other m-lines or odd lines is refused", () => {
		const lines = firstLines([], []).slice(0, 1);
		const own = { iceUfrag: "abcd", icePwd: "p".repeat(22), fingerprint: "00", addresses: ["127.0.0.1"], port: 9 };
		const print = randomOctets(32);
		const answer = answerTo(writeOffer(own, lines, 1), print);
		const parse = (sdp: string) => parseAnswer(sdp, lines, print);
		const more = "a=ssrc:7 cname:x\r\na=ssrc:7 msid:x y\r\na=candidate:1 1 UDP 1 203.0.113.9 9 typ host\r\nb=AS:9\r\n";
		const parsed = parse(answer + more);
		const streams = [{ mid: "ua", ssrc: 7, repeats: true }];
		const value = { iceUfrag: "abcd", icePwd: own.icePwd, setup: "active", streams, layers: [] };
		expect(parsed).toEqual({ ok: true, value });
		const deaf = parse(answer.replaceAll("a=rtcp-fb:111 nack\r\n", "") + more);
		expect(deaf.ok && deaf.value.streams).toEqual([{ mid: "ua", ssrc: 7, repeats: false }]);
		const errors = [
			`${answer}a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n`,
			`${answer}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`,
			answer.replace("a=mid:ua", "a=mid:uv"),
			`${answer}\u0000\r\n`,
			`${answer}x\r\n`,
			`${answer}a=mid:${"u".repeat(600)}\r\n`,
			answer.replace(/a=fingerprint.*/, "a=fingerprint:sha-1 00"),
			"a=mid:ua\r\n".repeat(10_000),
			answer.replaceAll("a=ice-pwd:", "a=ice-pwd:\u0020"),
			answer.replaceAll("a=setup:active", "a=setup:actpass"),
			answer + Array.from({ length: 17 }, (_, ssrc) => `a=ssrc:${ssrc} cname:x\r\n`).join(""),
		].map((sdp) => {
			const result = parse(sdp);
			return result.ok ? "taken" : result.error.kind;
		});
		expect(errors).toEqual([
			"extensionNotAllowed",
			"wrongMediaLines",
			"wrongMediaLines",
			"wrongLines",
			"wrongLines",
			"wrongLines",
			"wrongFingerprint",
			"tooLarge",
			"wrongTransport",
			"wrongTransport",
			"tooManyStreams",
		]);
	});

	test("streams are those of the lines on which it sends, however many it names on the others", () => {
		const seats = Array.from({ length: 31 }, (_, seat) => ({ audio: seat, video: 100 + seat, videoRtx: 200 + seat }));
		const lines = firstLines(seats, []);
		const own = { iceUfrag: "abcd", icePwd: "p".repeat(22), fingerprint: "00", addresses: ["127.0.0.1"], port: 9 };
		const print = randomOctets(32);
		let ssrc = 0;
		const answer = answerTo(writeOffer(own, lines, 1), print).replace(
			/^a=mid:.*\r\n/gm,
			(mid) => `${mid}a=ssrc:${++ssrc} x:y\r\n`,
		);
		const parsed = parseAnswer(answer, lines, print);
		expect(parsed.ok && parsed.value.streams).toEqual(
			["ua", "uv", "us"].map((mid, index) => ({ mid, ssrc: index + 1, repeats: true })),
		);
	});

	test("layers are those that the camera's line names, low to high; one alone, others, or those of another line are none", () => {
		const lines = firstLines([], []).slice(0, 3);
		const own = { iceUfrag: "abcd", icePwd: "p".repeat(22), fingerprint: "00", addresses: ["127.0.0.1"], port: 9 };
		const print = randomOctets(32);
		const layersAt = (mid: string, said: string) => {
			const answer = answerTo(writeOffer(own, lines, 1), print).replace(/^a=simulcast:.*\r\n/m, "");
			const parsed = parseAnswer(answer.replace(`a=mid:${mid}`, `a=mid:${mid}\r\na=simulcast:${said}`), lines, print);
			return parsed.ok ? parsed.value.layers.join("") : parsed.error.kind;
		};
		expect(layersAt("uv", "send l;m;h")).toBe("lmh");
		expect(layersAt("uv", "send ~h;l;x;l")).toBe("lh");
		expect(layersAt("uv", "send h")).toBe("");
		expect(layersAt("uv", "recv l;m;h")).toBe("");
		expect(layersAt("us", "send l;m;h")).toBe("");
	});
});

describe("a room's process", () => {
	test("that is stopped is replaced: its guests are told within 5 s and can join again", async () => {
		const { sfu, port } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const { client } = await joinUpToOffer(port, key, roomId);
		const [pid] = sfu.processIds();
		process.kill(pid ?? 0, "SIGSTOP");
		const from = Date.now();
		const heartbeat = setInterval(() => client.say({ type: "ping" }), 500);
		expect(await client.next("gone")).toEqual({ type: "gone", reason: "roomRestarted" });
		clearInterval(heartbeat);
		expect(Date.now() - from).toBeLessThan(6_000);
		expect(isRunning(pid ?? 0)).toBe(false);
		expect((await postRoom(sfu, roomBody(key.publicKey))).roomId).toEqual(roomId);
		const again = await joinUpToOffer(port, key, roomId);
		expect(again.offer.seats).toBe(3);
		expect(sfu.processIds()).not.toContain(pid);
	});

	test("that crashes takes nobody else's room with it", async () => {
		const { sfu, port } = await start();
		const one = await makeRoom(sfu);
		const other = await makeRoom(sfu);
		const [pid] = sfu.processIds();
		const first = await joinUpToOffer(port, one.key, one.roomId);
		const second = await joinUpToOffer(port, other.key, other.roomId);
		process.kill(pid ?? 0, "SIGKILL");
		expect(await first.client.next("gone")).toEqual({ type: "gone", reason: "roomRestarted" });
		second.client.say({ type: "ping" });
		expect(await second.client.next("pong")).toEqual({ type: "pong" });
		expect(second.client.isClosed).toBe(false);
	});
});

describe("strangers", () => {
	test("any frames get a refusal or nothing, and the server goes on", async () => {
		const { sfu, port } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const join = encodeCbor((await makeJoin(randomOctets(32), key, roomId)).request);
		const mutated = fc.tuple(fc.nat(join.length - 1), fc.nat(255)).map(([at, value]) => {
			const frame = new Uint8Array(join);
			frame[at] = value;
			return frame;
		});
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated), { minLength: 1, maxLength: 3 }),
				async (frames) => {
					const client = new JoiningClient(port);
					await client.nonce();
					for (const frame of frames) client.send(frame);
					expect(await client.next("refused")).not.toBe("closed");
					await client.closed();
				},
			),
			{ numRuns: 60 },
		);
		expect(sfu.count().participants).toBe(0);
		await joinUpToOffer(port, key, roomId);
	});

	test("text, a frame too large and a flood end the connection", async () => {
		const { port } = await start();
		const text = new JoiningClient(port);
		await text.nonce();
		text.send("hello");
		expect(await text.next("refused")).toEqual({ type: "refused", code: "malformed" });
		const large = new JoiningClient(port);
		await large.nonce();
		large.send(new Uint8Array(maxRoomFrameBytes + 1));
		await large.closed();
		const flood = new JoiningClient(port);
		await flood.nonce();
		for (let k = 0; k < 100; k++) flood.say({ type: "ping" });
		expect(await flood.next("refused")).toEqual({ type: "refused", code: "tooManyRequests" });
	});

	test("upgrades to other paths are left alone", async () => {
		const { sfu } = await start();
		for (const url of ["/v1/room", "/v1/room/join/more", "//", "", "/v1/attach?x=/v1/room/join"])
			expect(sfu.handleUpgrade({ url } as never, {} as never, Buffer.alloc(0))).toBe(false);
	});

	test("nothing is logged of who came", async () => {
		const { sfu, port, lines } = await start();
		const { key, roomId } = await makeRoom(sfu);
		const { client, joining } = await joinUpToOffer(port, key, roomId);
		process.kill(sfu.processIds()[0] ?? 0, "SIGSTOP");
		const heartbeat = setInterval(() => client.say({ type: "ping" }), 500);
		await client.next("gone");
		clearInterval(heartbeat);
		expect(lines).toEqual(["a room's process was ended: silent"]);
		const text = lines.join("\n");
		for (const id of [roomId, joining.participantId]) expect(text).not.toContain(bytesToHex(id).slice(0, 8));
		expect(text).not.toContain("127.0.0.1");
	});
});
