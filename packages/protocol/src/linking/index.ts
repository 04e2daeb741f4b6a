export { type LinkingCode, linkingCode, linkingQr, parseLinkingCode, type Rendezvous, rendezvousOf } from "./code.ts";
export {
	type DeviceCard,
	encodeDeviceCard,
	encodeHandover,
	type Handover,
	parseDeviceCard,
	parseHandover,
} from "./handover.ts";
export { resumeNewDevice, startExistingDevice, startNewDevice, stepLinking } from "./machine.ts";
export { openLinkingMessage, sealHandover, sealOutgoing } from "./seal.ts";
export type {
	LinkingEffect,
	LinkingFailure,
	LinkingInput,
	LinkingState,
	LinkingStep,
	Outgoing,
} from "./state.ts";
export { parseLinkingMessage } from "./messages.ts";
