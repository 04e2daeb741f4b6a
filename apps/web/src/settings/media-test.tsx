import { useEffect, useRef, useState } from "react";
import { Meter } from "react-aria-components/Meter";
import type { DeviceTrouble } from "../call/session.ts";
import { playSound, unlockSound } from "../sound/sounds.ts";
import { Button } from "../ui/button.tsx";
import { words } from "../words/index.ts";

type Trouble = { readonly microphone?: DeviceTrouble; readonly camera?: DeviceTrouble };

/** Sound and picture of this device, for oneself only. */
export default function MediaTest() {
	const [running, setRunning] = useState(false);
	return (
		<div className="media-test">
			<p className="small quiet">{words.settings.testBody}</p>
			{running ? <Running /> : null}
			<div className="media-test-buttons">
				<Button
					onPress={() => {
						unlockSound();
						setRunning((on) => !on);
					}}
				>
					{running ? words.settings.testStop : words.settings.test}
				</Button>
				<Button
					look="plain"
					icon="speaker"
					onPress={() => {
						unlockSound();
						playSound("connected");
					}}
				>
					{words.settings.playTone}
				</Button>
			</div>
		</div>
	);
}

function troubleOf(error: unknown): DeviceTrouble {
	const name = error instanceof DOMException ? error.name : "";
	if (name === "NotAllowedError") return "denied";
	if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
	return name === "NotReadableError" ? "busy" : "failed";
}

type Opened = { readonly stream: MediaStream | undefined; readonly trouble: DeviceTrouble | undefined };

async function open(constraints: MediaStreamConstraints): Promise<Opened> {
	try {
		return { stream: await navigator.mediaDevices.getUserMedia(constraints), trouble: undefined };
	} catch (error) {
		return { stream: undefined, trouble: troubleOf(error) };
	}
}

function Running() {
	const video = useRef<HTMLVideoElement>(null);
	const [level, setLevel] = useState(0);
	const [trouble, setTrouble] = useState<Trouble>({});
	useEffect(() => {
		const stopping = new AbortController();
		// One after the other: a missing camera must not take the microphone's test with it.
		void open({ audio: true }).then(({ stream, trouble: found }) => {
			if (found !== undefined) setTrouble((was) => ({ ...was, microphone: found }));
			if (stream !== undefined) measure(stream, stopping.signal, setLevel);
		});
		void open({ video: true }).then(({ stream, trouble: found }) => {
			if (found !== undefined) setTrouble((was) => ({ ...was, camera: found }));
			if (stream === undefined) return;
			endWith(stream, stopping.signal);
			if (video.current === null || stopping.signal.aborted) return;
			video.current.srcObject = stream;
			void video.current.play().catch(() => undefined);
		});
		return () => stopping.abort();
	}, []);
	return (
		<div className="media-test-running">
			<video ref={video} muted playsInline aria-label={words.settings.picture} hidden={trouble.camera !== undefined} />
			{trouble.microphone === undefined ? (
				<Meter
					className="meter"
					aria-label={words.settings.level}
					value={Math.round(level * 100)}
					minValue={0}
					maxValue={100}
				>
					<span className="meter-track">
						<span className="meter-bar" style={{ transform: `scaleX(${level})` }} />
					</span>
				</Meter>
			) : (
				<p className="small problem">{words.trouble.microphone[trouble.microphone]}</p>
			)}
			{trouble.camera === undefined ? null : <p className="small problem">{words.trouble.camera[trouble.camera]}</p>}
		</div>
	);
}

function endWith(stream: MediaStream, signal: AbortSignal): void {
	const end = () => {
		for (const track of stream.getTracks()) track.stop();
	};
	if (signal.aborted) end();
	else signal.addEventListener("abort", end);
}

/** Tells the loudness, 0 to 1, with every frame until the signal comes. */
function measure(stream: MediaStream, signal: AbortSignal, tell: (level: number) => void): void {
	endWith(stream, signal);
	if (signal.aborted) return;
	const context = new AudioContext();
	const analyser = context.createAnalyser();
	analyser.fftSize = 1024;
	context.createMediaStreamSource(stream).connect(analyser);
	const samples = new Float32Array(analyser.fftSize);
	let shown = 0;
	const look = () => {
		if (signal.aborted) return void context.close();
		analyser.getFloatTimeDomainData(samples);
		const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
		// -60 dB is silence, 0 dB the loudest; falls slower than it rises, as an ear hears.
		const loudness = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 55));
		shown = Math.max(loudness, shown * 0.92);
		tell(shown);
		requestAnimationFrame(look);
	};
	look();
}
