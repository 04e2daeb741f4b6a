import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { RealPeer } from "../../../services/sfu/src/real-peer.test-kit.ts";
import type { Crowd, Loaded, Scenario, StartServer } from "./load.ts";

const signallingPort = 8188;

/** A VideoRoom of Janus with the same people: who speaks publishes on one connection, who hears subscribes on another, as its clients do. */
export function startJanus(mediaAddress: string, eventLoops: number): StartServer {
	return async (scenario, crowd): Promise<Loaded> => {
		const folder = writeConfiguration(mediaAddress, eventLoops);
		const child = spawn("janus", ["-F", folder, "-C", join(folder, "janus.jcfg")], { stdio: "ignore" });
		const session = await openSession();
		const speakers: RealPeer[] = [];
		for (let index = 0; index < scenario.speakers; index++)
			speakers.push(await publish(session, mediaAddress, crowd, index));
		// A speaker can be subscribed to a moment after its connection stands.
		await new Promise((resolve) => setTimeout(resolve, 2_000));
		const listeners: RealPeer[] = [];
		for (let index = 0; index < scenario.speakers + scenario.listeners; index++) {
			const feeds = feedsFor(scenario, index);
			if (feeds.length > 0) listeners.push(await subscribe(session, mediaAddress, crowd, feeds));
		}
		return {
			processId: child.pid ?? 0,
			send: speakers.map((peer) => (mid, packet) => peer.send(mid, packet)),
			async close() {
				for (const peer of [...speakers, ...listeners]) peer.close();
				session.close();
				await ended(child);
				rmSync(folder, { recursive: true });
			},
		};
	};
}

/** Ids of the speakers but itself, from 1. */
function feedsFor({ speakers }: Scenario, index: number): number[] {
	return Array.from({ length: speakers }, (_, speaker) => speaker + 1).filter((feed) => feed !== index + 1);
}

/** Only what a VideoRoom needs; what is not named stays as Debian ships it: NACK, RTX and feedback are on. */
function writeConfiguration(mediaAddress: string, eventLoops: number): string {
	const folder = mkdtempSync(join(tmpdir(), "sotto-janus-"));
	const unused = ["audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "streaming", "textroom"];
	const plugins = [...unused, "videocall", "voicemail"].map((name) => `libjanus_${name}.so`).join();
	const transports = ["http", "mqtt", "nanomsg", "pfunix", "rabbitmq"].map((name) => `libjanus_${name}.so`).join();
	writeFileSync(
		join(folder, "janus.jcfg"),
		`general: { debug_level = 1, event_loops = ${eventLoops} }
media: { rtp_port_range = "20000-29999" }
nat: { ice_enforce_list = "${mediaAddress}" }
plugins: { disable = "${plugins}" }
transports: { disable = "${transports}" }
`,
	);
	writeFileSync(
		join(folder, "janus.transport.websockets.jcfg"),
		`general: { ws = true, ws_port = ${signallingPort}, ws_ip = "127.0.0.1", wss = false }\n`,
	);
	writeFileSync(
		join(folder, "janus.plugin.videoroom.jcfg"),
		`room-1: { publishers = 200, audiocodec = "opus", videocodec = "vp9", audiolevel_ext = false, bitrate = 0 }\n`,
	);
	return folder;
}

async function publish(session: Session, address: string, crowd: Crowd, index: number): Promise<RealPeer> {
	const sends = { ua: [crowd.audio[index]?.ssrc ?? 0], uv: [crowd.video[index]?.ssrc ?? 0] };
	const peer = new RealPeer(address, sends, crowd.feedbackFor(index));
	const sdp = await peer.offer();
	const handle = await session.attach();
	const body = { request: "joinandconfigure", ptype: "publisher", room: 1, id: index + 1 };
	const answer = await handle(body, { type: "offer", sdp });
	peer.takeAnswer(answer.jsep?.sdp ?? "");
	await peer.connected();
	return peer;
}

async function subscribe(session: Session, address: string, crowd: Crowd, feeds: readonly number[]): Promise<RealPeer> {
	const peer = new RealPeer(address, {}, crowd.arrived);
	const handle = await session.attach();
	const streams = feeds.map((feed) => ({ feed }));
	const offer = await handle({ request: "join", ptype: "subscriber", room: 1, streams });
	const sdp = await peer.answer(offer.jsep?.sdp ?? "");
	await handle({ request: "start" }, { type: "answer", sdp });
	peer.begin("0");
	await peer.connected();
	return peer;
}

type Description = { readonly type: "offer" | "answer"; readonly sdp: string };
type Reply = {
	readonly janus: string;
	readonly transaction?: string;
	readonly data?: { readonly id: number };
	readonly jsep?: Description;
	readonly plugindata?: { readonly data: { readonly error?: string } };
};
type Handle = (body: object, jsep?: Description) => Promise<Reply>;
type Session = { readonly attach: () => Promise<Handle>; readonly close: () => void };

/** Janus's protocol over WebSocket: each request has a transaction, and what is no bare acknowledgement answers it. */
async function openSession(): Promise<Session> {
	const socket = await connect();
	const waiting = new Map<string, (reply: Reply) => void>();
	socket.on("message", (data: Buffer) => {
		const reply = JSON.parse(data.toString()) as Reply;
		if (reply.janus !== "ack") waiting.get(reply.transaction ?? "")?.(reply);
	});
	let count = 0;
	const ask = async (message: object): Promise<Reply> => {
		const transaction = String(count++);
		const reply = await new Promise<Reply>((resolve) => {
			waiting.set(transaction, resolve);
			socket.send(JSON.stringify({ ...message, transaction }));
		});
		const error = reply.janus === "error" ? JSON.stringify(reply) : reply.plugindata?.data.error;
		if (error !== undefined) throw new Error(`janus: ${error}`);
		return reply;
	};
	const session_id = (await ask({ janus: "create" })).data?.id;
	const keepAlive = setInterval(() => void ask({ janus: "keepalive", session_id }), 20_000);
	return {
		async attach() {
			const attached = await ask({ janus: "attach", plugin: "janus.plugin.videoroom", session_id });
			const handle_id = attached.data?.id;
			return (body, jsep) => ask({ janus: "message", session_id, handle_id, body, jsep });
		},
		close() {
			clearInterval(keepAlive);
			socket.close();
		},
	};
}

/** It takes a moment until Janus listens. */
async function connect(): Promise<WebSocket> {
	for (let attempt = 0; ; attempt++) {
		const socket = new WebSocket(`ws://127.0.0.1:${signallingPort}`, "janus-protocol");
		const isOpen = await new Promise<boolean>((resolve) => {
			socket.on("open", () => resolve(true));
			socket.on("error", () => resolve(false));
		});
		if (isOpen) return socket;
		if (attempt === 100) throw new Error("janus does not listen");
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

async function ended(child: ChildProcess): Promise<void> {
	const exit = new Promise((resolve) => child.once("exit", resolve));
	child.kill("SIGKILL");
	await exit;
}
