import type { FrameProtection } from "../../../packages/platform/src/browser/media/protection.ts";

/**
 * The control: no transform and no flag that would hold frames back without one. It exists to show that the tap's measure
 * can fail; the product has no way to get here.
 */
export function noProtection(): FrameProtection {
	let sessions = 0;
	return {
		connectionFlags: {},
		begin: async () => ({ session: ++sessions, participantId: crypto.getRandomValues(new Uint8Array(16)) }),
		protectSender: () => undefined,
		protectReceiver: () => undefined,
		seat: () => undefined,
		ready: async () => undefined,
		sealedFrames: async () => [0, 0, 0],
	};
}
