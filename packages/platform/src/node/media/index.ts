export { type FilePicture, type IvfError, type PictureFile, readIvf } from "./ivf.ts";
export { maxPictureBytes } from "./line-messages.ts";
export { type OggError, OggOpusWriter, readOggOpus } from "./ogg-opus.ts";
export { checkPlayable, type PlayError } from "./opus.ts";
export { type HeardSound, Recording } from "./recording.ts";
export type { MediaSource } from "./sending.ts";
export type { CallEngine, CallMediaEvents, CallMediaSession, MediaState, Speaker } from "./media-session.ts";
export { joinCallMedia } from "./session.ts";
