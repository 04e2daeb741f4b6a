/** A call's media drawn on a canvas: to look at the call screen without a server. */
import type {
	CallSession,
	CallSessionView,
	QualitySample,
	RemoteParticipant,
	StartCallSession,
} from "../../src/call/session.ts";
import { ada } from "../people.ts";

function drawnStream(hue: number): MediaStream {
	const canvas = document.createElement("canvas");
	canvas.width = 960;
	canvas.height = 540;
	const context = canvas.getContext("2d");
	const draw = () => {
		if (context === null) return;
		const light = context.createLinearGradient(0, 0, 960, 540);
		light.addColorStop(0, `oklch(62% 0.09 ${hue})`);
		light.addColorStop(1, `oklch(32% 0.06 ${hue + 40})`);
		context.fillStyle = light;
		context.fillRect(0, 0, 960, 540);
		context.fillStyle = `oklch(82% 0.06 ${hue + 20})`;
		context.beginPath();
		context.arc(480, 230, 96, 0, Math.PI * 2);
		context.fill();
		context.beginPath();
		context.ellipse(480, 560, 220, 210, 0, 0, Math.PI * 2);
		context.fill();
	};
	draw();
	setInterval(draw, 100);
	return canvas.captureStream(10);
}

const samples: QualitySample[] = Array.from({ length: 60 }, (_, place) => ({
	at: place * 1000,
	roundTripMs: 38 + 9 * Math.sin(place / 3) + (place % 7),
	loss: place % 17 === 0 ? 0.02 : 0.002,
	sendKbps: 1180 + 160 * Math.sin(place / 5),
	receiveKbps: 1240 + 120 * Math.cos(place / 6),
}));

type Drawn = {
	readonly picture: boolean;
	/** How many others are there. */
	readonly others: number;
	readonly trouble: string | null;
	/** One of them shares a screen. */
	readonly screen?: boolean;
	/** Some raise their hands, are muted, react. */
	readonly signs?: boolean;
	/** Whose line is weak. */
	readonly weak?: string | null;
};

const names = ["Ada Lovelace", "Grace Hopper", "Mary Jackson", "Hedy Lamarr", "Maximiliane von Hohenstein", "نور"];

function drawnScreen(): MediaStreamTrack | undefined {
	const canvas = document.createElement("canvas");
	[canvas.width, canvas.height] = [1280, 800];
	const context = canvas.getContext("2d");
	const draw = () => {
		if (context === null) return;
		context.fillStyle = "oklch(98% 0.004 85)";
		context.fillRect(0, 0, 1280, 800);
		context.fillStyle = "oklch(30% 0.02 275)";
		context.font = "600 44px sans-serif";
		context.fillText("The mill, second draft", 90, 130);
		context.fillStyle = "oklch(80% 0.01 275)";
		for (let line = 0; line < 11; line++) context.fillRect(90, 190 + line * 46, 1040 - ((line * 173) % 420), 14);
	};
	draw();
	setInterval(draw, 200);
	return canvas.captureStream(5).getVideoTracks()[0];
}

function drawnRemote(index: number, { picture, screen, signs, weak }: Drawn): RemoteParticipant {
	const name = names[index % names.length] ?? "Ada";
	const hue = (40 + index * 67) % 360;
	const person = index === 0 ? ada : { account: `person ${index}`, name, hue, verified: false };
	return {
		key: person.account,
		participantId: person.account,
		person,
		videoTrack: picture && index % 3 !== 1 ? drawnStream(hue).getVideoTracks()[0] : undefined,
		screenTrack: screen === true && index === 0 ? drawnScreen() : undefined,
		muted: signs === true && index % 4 === 1,
		handRaisedAt: signs === true && index % 5 === 2 ? 1_000 - index : undefined,
		level: signs === true && index === 0 ? 0.7 : 0,
		weakLine: weak === "theirs" && index === 0,
	};
}

export function drawnCallSession(drawn: Drawn): StartCallSession {
	const { others, trouble, signs, weak } = drawn;
	return ({ camera }): CallSession => {
		const listeners = new Set<() => void>();
		const remotes = Array.from({ length: others }, (_, index) => drawnRemote(index, drawn));
		let view: CallSessionView = {
			localStream: camera ? drawnStream(285) : undefined,
			remotes,
			speaking: remotes[0]?.key,
			reactions: signs === true ? [{ id: "1", person: remotes[0]?.person, emoji: "🎉" }] : [],
			handRaisedAt: undefined,
			sharing: false,
			outOfStep: false,
			microphone: trouble === "microphone" ? { phase: "trouble", trouble: "denied" } : { phase: "on" },
			camera: camera
				? { phase: "on" }
				: trouble === "camera"
					? { phase: "trouble", trouble: "missing" }
					: { phase: "off" },
			quality: { word: weak === "ours" ? "weak" : "good", samples },
			devices: {
				microphones: [
					{ id: "a", label: "Built-in microphone" },
					{ id: "b", label: "Headset with a rather long name (USB Audio)" },
				],
				cameras: [{ id: "c", label: "FaceTime HD Camera" }],
				speakers: [{ id: "d", label: "Built-in loudspeaker" }],
				chosen: { microphone: "a", camera: "c", speaker: "d" },
			},
		};
		const change = (next: Partial<CallSessionView>) => {
			view = { ...view, ...next };
			for (const listener of listeners) listener();
		};
		return {
			snapshot: () => view,
			subscribe: (listener) => {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
			setMicrophone: (on) => change({ microphone: { phase: on ? "on" : "off" } }),
			setCamera: (on) =>
				change({ camera: { phase: on ? "on" : "off" }, localStream: on ? drawnStream(285) : undefined }),
			chooseDevice: (kind, id) =>
				change({ devices: { ...view.devices, chosen: { ...view.devices.chosen, [kind]: id } } }),
			setScreen: (on) => change({ sharing: on }),
			setHand: (raised) => change({ handRaisedAt: raised ? Date.now() : undefined }),
			react: (emoji) =>
				change({ reactions: [...view.reactions, { id: String(Math.random()), person: undefined, emoji }].slice(-12) }),
			show: () => undefined,
			close: () => undefined,
		};
	};
}
