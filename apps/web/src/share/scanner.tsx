import { useEffect, useRef, useState } from "react";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { Button } from "../ui/button.tsx";
import { Problem } from "../ui/field.tsx";
import { words } from "../words/index.ts";
import { decodeQr } from "./decode-qr.ts";

type ScannerProps = { readonly onText: (text: string) => void };
type Camera = "starting" | "on" | "denied" | "missing";

const lookEveryMs = 250;

/** Reads a QR code with the camera, or out of a picture. */
export default function Scanner({ onText }: ScannerProps) {
	const video = useRef<HTMLVideoElement>(null);
	const found = useRef(onText);
	useEffect(() => {
		found.current = onText;
	});
	const [camera, setCamera] = useState<Camera>("starting");
	const [problem, setProblem] = useState<string>();

	useEffect(() => {
		const stopping = new AbortController();
		void watch(video, stopping.signal, setCamera).then((text) => {
			if (text !== undefined && !stopping.signal.aborted) found.current(text);
		});
		return () => stopping.abort();
	}, []);

	const readPicture = async (files: FileList | null) => {
		const file = files?.[0];
		if (file === undefined) return;
		setProblem(undefined);
		const text = await decodeFile(file);
		if (text === undefined) setProblem(words.add.nothingInImage);
		else onText(text);
	};

	return (
		<div className="scanner">
			{camera === "denied" || camera === "missing" ? (
				<p className="small" role="status">
					{camera === "denied" ? words.add.cameraDenied : words.add.cameraMissing}
				</p>
			) : (
				<div className="scanner-view">
					<video ref={video} muted playsInline aria-label={words.add.scanning} />
					<p className="small">{words.add.scanning}</p>
				</div>
			)}
			<FileTrigger acceptedFileTypes={["image/*"]} onSelect={(files) => void readPicture(files)}>
				<Button icon="image">{words.add.fromImage}</Button>
			</FileTrigger>
			<Problem text={problem} />
		</div>
	);
}

async function decodeFile(file: File): Promise<string | undefined> {
	try {
		const picture = await createImageBitmap(file);
		const text = await decodeQr(picture);
		picture.close();
		return text;
	} catch {
		return undefined;
	}
}

/** Looks through the camera until it sees a code or is told to stop; the camera is off again when it returns. */
async function watch(
	place: { readonly current: HTMLVideoElement | null },
	signal: AbortSignal,
	tell: (camera: Camera) => void,
): Promise<string | undefined> {
	let stream: MediaStream;
	try {
		stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
	} catch (error) {
		tell(error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "missing");
		return undefined;
	}
	try {
		while (!signal.aborted) {
			const video = place.current;
			if (video !== null) {
				if (video.srcObject !== stream) {
					video.srcObject = stream;
					await video.play().catch(() => undefined);
					tell("on");
				}
				const text = await decodeQr(video);
				if (text !== undefined) return text;
			}
			await new Promise((resume) => setTimeout(resume, lookEveryMs));
		}
		return undefined;
	} finally {
		for (const track of stream.getTracks()) track.stop();
	}
}
