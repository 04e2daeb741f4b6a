import type { FrameProtection } from "../../../packages/platform/src/browser/media/protection.ts";

/**
 * The control: no transform and no flag that would hold frames back without one. It exists to show that the tap's measure
 * can fail; the product has no way to get here.
 */
export function noProtection(): FrameProtection {
	let sessions = 0;
	let participantId = new Uint8Array(16);
	const nothing = () => undefined;
	return {
		connectionFlags: {},
		begin: async () => {
			participantId = crypto.getRandomValues(new Uint8Array(16));
			return { session: ++sessions, participantId };
		},
		protectSender: nothing,
		protectReceiver: nothing,
		seat: nothing,
		ready: async () => undefined,
		// Claims what the product's session checks for, or it would end the call.
		counts: async () => ({ sealed: [1, 1, 1], withheld: 0, opened: {}, failures: {} }),
		endSession: nothing,
		hold: nothing,
		onAhead: nothing,
		addBase: nothing,
		forgetBase: nothing,
		authorize: nothing,
		revoke: nothing,
		announcement: async () => ({ participantId, m: 0, counters: [0, 0, 0] }),
		end: nothing,
	};
}
