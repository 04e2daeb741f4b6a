export { encodeCallState, parseCallState } from "./codec.ts";
export { isOver, lineCallOf, lineOf, ongoingCall } from "./line.ts";
export { isActive, isMeant } from "./leaving.ts";
export { stepCalls } from "./machine.ts";
export { callForJoiner } from "./tip.ts";
export * from "./messages.ts";
export * from "./roster.ts";
export * from "./state.ts";
