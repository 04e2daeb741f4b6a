import { randomInt } from "node:crypto";
import process from "node:process";
import type { Bytes } from "@sotto/bytes";
import { copyBytes } from "@sotto/bytes";
import { Audio, type DataChannel, PeerConnection, type Track, Video } from "node-datachannel";
import { freshCertificate } from "./certificate.ts";
import { encodeLineMessage, type FromLine, type HeardFrame, maxHeardFrames, parseToLine } from "./line-messages.ts";
import { SoundSender, PictureSender } from "./line-senders.ts";
import { payloadTypes, seatOfSound, soundPaceMs, uplinkMids } from "./plan.ts";
import { readRtp } from "./rtp.ts";

/** No packet came for so long, though a room reports to everybody each second: the path is lost (docs/spec/media.md). */
const deafMs = 4_000;
const reportMs = 1_000;

/**
 * The line of one joining: one PeerConnection that answers the sfu's offers, in a process of its own, because native code can
 * hang (findings) and because what parses the server's packets needs no key. It paces sound, cuts pictures into packets, and
 * hands over what the seats bring, still sealed.
 */
export function runLine(): void {
	const certificate = freshCertificate(Date.now());
	const connection = new PeerConnection("line", {
		iceServers: [],
		disableAutoNegotiation: true,
		certificatePemFile: certificate.certificatePem,
		keyPemFile: certificate.keyPem,
	});
	// Everything native stays referenced: the collector would free it under way.
	const tracks = new Map<string, Track>();
	const heard: HeardFrame[] = [];
	let roster: DataChannel | undefined;
	let isConnected = false;
	let isTold = false;
	const ssrcs = { sound: randomInt(0x1_0000, 0xffff_ffff), picture: randomInt(0x1_0000, 0xffff_ffff) };
	const sendOn = (mid: string) => (packet: Bytes) => {
		const track = tracks.get(mid);
		if (track?.isOpen() !== true) return;
		track.sendMessageBinary(Buffer.from(packet));
		sums.sent++;
		sums.bytes += packet.length;
	};
	const took = (packet: Uint8Array) => {
		sums.received++;
		sums.bytes += packet.length;
	};
	// Counted here, because the library's own sums are those of the data channel alone.
	const sums = { sent: 0, received: 0, bytes: 0 };
	const sound = new SoundSender(ssrcs.sound, sendOn(uplinkMids.audio));
	const picture = new PictureSender(ssrcs.picture, sendOn(uplinkMids.camera));

	const opened = () => {
		if (isTold || !isConnected || roster?.isOpen() !== true) return;
		isTold = true;
		say({ type: "connected" });
	};
	connection.onStateChange((state) => {
		if (state === "connected") isConnected = true;
		if (state === "disconnected" || state === "failed" || state === "closed") say({ type: "lost" });
		opened();
	});
	connection.onDataChannel((channel) => {
		roster = channel;
		channel.onOpen(opened);
		channel.onMessage((message) => {
			if (typeof message !== "string") say({ type: "roster", frame: copyBytes(new Uint8Array(message)) });
		});
		opened();
	});
	connection.onTrack((track) => {
		const seat = seatOfSound(track.mid());
		tracks.set(track.mid(), track);
		track.onMessage((packet) => {
			took(packet);
			const rtp = seat === undefined ? undefined : readRtp(packet);
			if (rtp?.payloadType !== payloadTypes.opus || seat === undefined || heard.length >= maxHeardFrames) return;
			const { sequence, timestamp, payload } = rtp;
			if (payload.length > 0 && payload.length <= 1_400) heard.push({ seat, sequence, timestamp, frame: payload });
		});
	});
	connection.onLocalDescription((sdp, type) => {
		if (type === "answer") say({ type: "answer", sdp: withoutCandidates(sdp) });
	});
	for (const uplink of [uplinkSound(ssrcs.sound), uplinkPicture(ssrcs.picture)]) {
		const track = connection.addTrack(uplink);
		// The room's reports on what we send: they come also while nobody else is there.
		track.onMessage(took);
		tracks.set(track.mid(), track);
	}

	const takeOffer = (sdp: string) => {
		// Calls in a wrong state abort the process (findings).
		if (connection.signalingState() !== "stable") return say({ type: "lost" });
		try {
			connection.setRemoteDescription(sdp, "offer");
		} catch {
			// The native parser refuses by throwing: bad input.
			return say({ type: "lost" });
		}
		connection.setLocalDescription("answer");
	};
	watchForDeafness(() => (isConnected ? sums.received : undefined));
	every(soundPaceMs, () => {
		if (isConnected && sound.tick()) say({ type: "sent", frames: 1 });
		if (heard.length > 0) say({ type: "heard", frames: heard.splice(0) });
	});
	setInterval(() => {
		sound.report(performance.timeOrigin + performance.now());
		picture.report(performance.timeOrigin + performance.now());
	}, reportMs);

	process.on("message", (raw) => {
		const message = parseToLine(raw);
		if (!message.ok) return;
		switch (message.value.type) {
			case "offer":
				return takeOffer(message.value.sdp);
			case "sound":
				return sound.give(message.value.frame);
			case "picture":
				return isConnected ? picture.send(message.value) : undefined;
			case "roster":
				if (roster?.isOpen() === true) roster.sendMessageBinary(message.value.frame);
				return;
			case "drop":
				return say({ type: "dropped", frames: sound.drop() });
			case "beat":
				return say({ type: "beat", cpuMs: cpuMs(), packets: sums.sent + sums.received, bytes: sums.bytes });
			case "stop":
				// What came within the last moments is handed over before the end.
				if (heard.length > 0) say({ type: "heard", frames: heard.splice(0) });
				connection.close();
				return void setTimeout(() => process.disconnect?.(), 50);
		}
	});
	// The call's media is gone: nobody would hear or be heard any more.
	process.on("disconnect", () => process.exit(0));
	say({ type: "ready", fingerprint: certificate.fingerprint });
}

function say(message: FromLine): void {
	if (process.connected) process.send?.(encodeLineMessage(message), undefined, undefined, () => {});
}

function cpuMs(): number {
	const { user, system } = process.cpuUsage();
	return Math.round((user + system) / 1000);
}

/** Tells as lost a path over which nothing comes any more. `received`: packets so far; undefined while it is not up. */
function watchForDeafness(received: () => number | undefined): void {
	let before: number | undefined;
	let changedAt = performance.now();
	setInterval(() => {
		const now = performance.now();
		const packets = received();
		if (packets !== before || packets === undefined) changedAt = now;
		before = packets;
		if (now - changedAt > deafMs) say({ type: "lost" });
	}, reportMs);
}

/** Calls `work` at this pace on the average: a late turn does not make the following ones late. */
function every(paceMs: number, work: () => void): void {
	let next = performance.now() + paceMs;
	const turn = () => {
		work();
		const now = performance.now();
		next = Math.max(next + paceMs, now - 10 * paceMs);
		setTimeout(turn, Math.max(0, next - now));
	};
	setTimeout(turn, paceMs);
}

/** The sfu learns where we are from the packets that reach it: our local addresses are no business of it. */
function withoutCandidates(sdp: string): string {
	return sdp
		.split("\r\n")
		.filter((line) => !line.startsWith("a=candidate:") && line !== "a=end-of-candidates")
		.join("\r\n");
}

function uplinkSound(ssrc: number): Audio {
	const media = new Audio(uplinkMids.audio, "SendOnly");
	media.addAudioCodec(payloadTypes.opus, "opus", "minptime=20;ptime=20;maxptime=20;usedtx=0;cbr=1");
	media.addSSRC(ssrc, "room", "room", uplinkMids.audio);
	return media;
}

function uplinkPicture(ssrc: number): Video {
	const media = new Video(uplinkMids.camera, "SendOnly");
	media.addVideoCodec(payloadTypes.vp9, "VP9", "profile-id=0");
	media.addVideoCodec(payloadTypes.vp8, "VP8");
	media.addSSRC(ssrc, "room", "room", uplinkMids.camera);
	return media;
}
