/** Every part of the app that is loaded apart, so that the first paint is early. */
const parts = [
	() => import("../call/call-layer.tsx"),
	() => import("../settings/settings-room.tsx"),
	() => import("../settings/media-test.tsx"),
	() => import("../ledger/ledger-pane.tsx"),
	() => import("../shell/drawer.tsx"),
	() => import("../groups/new-group.tsx"),
	() => import("../linking/linking-sheet.tsx"),
	() => import("../linking/enter-code.tsx"),
	() => import("../share/share-sheet.tsx"),
	() => import("../share/qr-code.tsx"),
	() => import("../share/scanner.tsx"),
];

/** When the screen is quiet, and at the latest then. */
const patienceMs = 5_000;

/**
 * Fetches the rest of the app once the first screen stands: a call that rings, or a room that is opened, must not need the
 * network just when it is away. Returns how to stop.
 */
export function loadRest(loadCallSession: () => Promise<unknown>): () => void {
	const load = () => {
		// What does not come now is asked for again when it is needed.
		for (const part of [loadCallSession, ...parts]) part().catch(() => undefined);
	};
	// Safari has no idle callbacks.
	if (typeof requestIdleCallback !== "function") {
		const timer = setTimeout(load, patienceMs / 5);
		return () => clearTimeout(timer);
	}
	const handle = requestIdleCallback(load, { timeout: patienceMs });
	return () => cancelIdleCallback(handle);
}
