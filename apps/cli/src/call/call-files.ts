import { closeSync, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { extname } from "node:path";
import { audioFrameSize, maxPaddedContent } from "@sotto/crypto";
import {
	checkPlayable,
	type IvfError,
	maxPictureBytes,
	type MediaSource,
	type OggError,
	type PlayError,
	readIvf,
	readOggOpus,
	Recording,
} from "@sotto/platform/node/media";
import { type Given, Refused } from "../command.ts";

const maxFileBytes = 1 << 29;
/** A sealed picture has a header and a tag besides. */
const maxPicture = maxPictureBytes - 64;

/** What a call is to send, read and checked before anybody rings. */
export function readSource(given: Given): MediaSource {
	const play = given.text("play");
	const video = given.text("video");
	return {
		sound: play === undefined ? [] : readSound(play),
		pictures: video === undefined ? undefined : readPictures(video),
	};
}

function readSound(path: string) {
	const packets = readOggOpus(readWhole(path));
	if (!packets.ok) throw new Refused(`${path}: ${oggSentence(packets.error)}`);
	const playable = checkPlayable(packets.value, maxPaddedContent(audioFrameSize));
	if (!playable.ok) throw new Refused(`${path}: ${playSentence(playable.error)}`);
	return playable.value;
}

function readPictures(path: string) {
	const pictures = readIvf(readWhole(path), maxPicture);
	if (!pictures.ok) throw new Refused(`${path}: ${ivfSentence(pictures.error)}`);
	return pictures.value;
}

function readWhole(path: string): Buffer {
	let file: number | undefined;
	try {
		file = openSync(path, "r");
		if (fstatSync(file).size > maxFileBytes) throw new Refused(`${path} is larger than 512 MiB.`);
		return readFileSync(file);
	} catch (error) {
		if (error instanceof Refused) throw error;
		throw new Refused(`${path} cannot be read (${errorCode(error)}).`);
	} finally {
		if (file !== undefined) closeSync(file);
	}
}

const makeSound =
	"Make one: ffmpeg -i IN -c:a libopus -b:a 32k -vbr off -frame_duration 20 -application voip -ac 1 OUT.opus";

function oggSentence(error: OggError): string {
	switch (error) {
		case "notOgg":
			return `this is no Ogg file. ${makeSound}`;
		case "notOpus":
			return `there is no Opus in it. ${makeSound}`;
		case "damaged":
			return "the file is damaged.";
	}
}

function playSentence(error: PlayError): string {
	switch (error.kind) {
		case "empty":
			return "there is no sound in it.";
		case "wrongPace":
			return `its packets are ${error.ms} ms long; a call takes 20 ms. ${makeSound}`;
		case "tooLarge":
			return `a packet has ${error.bytes} bytes; a call takes ${maxPaddedContent(audioFrameSize)}. ${makeSound}`;
	}
}

function ivfSentence(error: IvfError): string {
	switch (error) {
		case "notIvf":
		case "otherCodec":
			return "this is no IVF file of VP9 or VP8. Make one: ffmpeg -i IN -c:v libvpx-vp9 -b:v 500k -g 60 -an OUT.ivf";
		case "damaged":
			return "the file is damaged, or does not begin with a key frame.";
		case "tooLarge":
			return "a picture in it has more than 1 MiB.";
	}
}

/** A file that one person's sound goes into. */
export type OpenRecording = {
	readonly path: string;
	readonly recording: Recording;
	/** Why nothing can be written any more, such as a full disk; the call goes on. */
	readonly failure: () => string | undefined;
	readonly close: () => void;
};

/** `out.opus` is the first person's file, `out-2.opus` the second one's, and so on. A file that is there is written over. */
export function recordingPath(path: string, index: number): string {
	if (index === 0) return path;
	const extension = extname(path);
	return `${path.slice(0, path.length - extension.length)}-${index + 1}${extension}`;
}

/** Opens a recording. What cannot be written shows in `failure`, never as an exception. */
export function openRecording(path: string): OpenRecording {
	let failure: string | undefined;
	let file: number | undefined;
	const attempt = (work: () => void) => {
		if (failure !== undefined) return;
		try {
			work();
		} catch (error) {
			failure = errorCode(error);
		}
	};
	attempt(() => {
		file = openSync(path, "w", 0o600);
	});
	const write = (bytes: Uint8Array) =>
		attempt(() => {
			for (let from = 0; from < bytes.length; ) from += writeSync(file as number, bytes, from);
		});
	const recording = new Recording(write, randomBytes(4).readUInt32LE());
	return {
		path,
		recording,
		failure: () => failure,
		close() {
			recording.end();
			if (file !== undefined) attempt(() => closeSync(file as number));
			file = undefined;
		},
	};
}

function errorCode(error: unknown): string {
	return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
