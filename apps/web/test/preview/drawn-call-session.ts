/** A call's media drawn on a canvas: to look at the call screen without a server. */
import type { CallSession, CallSessionView, QualitySample, StartCallSession } from "../../src/call/session.ts";
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

type Drawn = { readonly picture: boolean; readonly alone: boolean; readonly trouble: string | null };

export function drawnCallSession({ picture, alone, trouble }: Drawn): StartCallSession {
	return ({ camera }): CallSession => {
		const listeners = new Set<() => void>();
		let view: CallSessionView = {
			localStream: camera ? drawnStream(285) : undefined,
			remotes: alone
				? []
				: [{ key: "ada", person: ada, videoTrack: picture ? drawnStream(40).getVideoTracks()[0] : undefined }],
			microphone: trouble === "microphone" ? { phase: "trouble", trouble: "denied" } : { phase: "on" },
			camera: camera
				? { phase: "on" }
				: trouble === "camera"
					? { phase: "trouble", trouble: "missing" }
					: { phase: "off" },
			quality: { word: "good", samples },
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
			close: () => undefined,
		};
	};
}
