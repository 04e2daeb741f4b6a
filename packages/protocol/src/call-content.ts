import { booleanShape, literalShape, mapShape, optional, type ShapeOf } from "@sotto/bytes";
import { parseCallId, shapeOf } from "@sotto/crypto";

const callId = shapeOf(parseCallId);

/** What a call says in its conversation (K1); the call machine in `call/` gives these their meaning. */
export const callContentShapes = {
	/** `previous` is the call that its author takes for over; missing if it knows of none. */
	callStarted: mapShape({
		type: literalShape("callStarted"),
		callId,
		previous: optional(callId),
		video: booleanShape,
		/** False: nobody is rung, but everybody sees that the call goes on and may join it. Missing: it rings. */
		ring: optional(booleanShape),
	}),
	/** A device of the author's account takes the call: its other devices stop ringing. */
	callAnswered: mapShape({ type: literalShape("callAnswered"), callId }),
	callDeclined: mapShape({
		type: literalShape("callDeclined"),
		callId,
		reason: literalShape("declined", "busy"),
	}),
	/** A courtesy: that the author left for good, cancelled, or that its call found nobody. */
	callEnded: mapShape({ type: literalShape("callEnded"), callId }),
} as const;

export type CallContent = ShapeOf<(typeof callContentShapes)[keyof typeof callContentShapes]>;
