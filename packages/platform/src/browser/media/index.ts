export { type CallEngine, type CallMediaSession, joinCall } from "./call-session.ts";
export type { DeviceError, DeviceKind, DeviceState } from "./devices.ts";
export type { LineSample, MediaParticipant, MediaSession, MediaState, MediaStats, MediaView } from "./media-session.ts";
export type { EndReason } from "../../media/rejoin.ts";
