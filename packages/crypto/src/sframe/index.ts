export type { SframeSuite } from "./cipher.ts";
export { type KeyIdFields, type MediaStream, packKeyId, readFrameKeyId, unpackKeyId } from "./key-id.ts";
export {
	audioFrameSize,
	createReceiverKey,
	createSenderKey,
	maxPaddedContent,
	type OpenFrameError,
	type ReceiverKey,
	type SenderKey,
	type SframeKeyId,
	type SframeOptions,
} from "./media-keys.ts";
