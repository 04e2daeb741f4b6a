import { linkingQr, type LinkingCode, type LinkingState } from "@sotto/protocol";
import type { LinkingView } from "../sdk.ts";

/** Linking as either side's screen shows it (D2). */
export function linkingView(state: LinkingState, code: LinkingCode, home: string): LinkingView {
	switch (state.phase) {
		case "waitingForAnswer":
			return { step: "showCode", code, qr: linkingQr(code, home), expiresAt: state.own.expiresAt };
		case "waitingForHello":
		case "waitingForNonce":
		case "waitingForReveal":
			return { step: "connecting" };
		case "comparing": {
			const { digits, otherName, confirmedHere } = state;
			return { step: "compare", digits, otherName, confirmedHere };
		}
		case "transferring":
			return { step: "transferring", done: 0, total: 0 };
		case "done":
			return { step: "done", otherName: state.otherName };
		case "failed":
			return { step: "failed", reason: state.reason };
	}
}
