import type { ReadyView } from "@sotto/client";
import { MemoryClient, readyView } from "./memory-client.ts";
import { deviceView } from "./memory-devices.ts";

const compare = { step: "compare", digits: "418093", otherName: "Firefox · Android", confirmedHere: false } as const;

/** Scenes of linking, seen from both sides. */
export const deviceScenes = (full: (change?: Partial<ReadyView>) => MemoryClient) => {
	const own = deviceView("own", "Chrome · Linux", { thisDevice: true, primary: true });
	const phone = deviceView("phone", "Firefox · Android");
	return {
		devices: () =>
			full({
				devices: [own, phone, deviceView("old", "The old laptop in the kitchen that everybody uses for recipes")],
				jobs: [
					{ id: "a", kind: "addDevice", deviceName: "Firefox · Android", done: 3, total: 8, state: "running" },
					{ id: "b", kind: "addDevice", deviceName: "The old laptop", done: 8, total: 8, state: "done" },
				],
			}),
		secondDevice: () =>
			full({
				devices: [
					deviceView("phone", "Firefox · Android", { thisDevice: true }),
					deviceView("own", "Chrome · Linux", { primary: true }),
				],
			}),
		justLinked: () =>
			new MemoryClient({
				view: readyView({
					devices: [deviceView("phone", "Firefox · Android", { thisDevice: true, linkedAt: Date.now() }), own],
				}),
			}),
		linkingCode: () =>
			new MemoryClient({
				view: {
					phase: "linking",
					linking: {
						step: "showCode",
						code: "7QK2M-X0RT4",
						qr: "sotto-device-1:7QK2M-X0RT4@https://sotto.example",
						expiresAt: Date.now() + 600_000,
					},
				},
			}),
		linkingNew: () => new MemoryClient({ view: { phase: "linking", linking: { ...compare, otherName: "Mira" } } }),
		linkingFailed: () =>
			new MemoryClient({ view: { phase: "linking", linking: { step: "failed", reason: "mismatch" } } }),
		linkingAccount: () => full({ devices: [own], linking: compare }),
		linkingConfirmed: () => full({ devices: [own], linking: { ...compare, confirmedHere: true } }),
		linkingDone: () => full({ devices: [own, phone], linking: { step: "done", otherName: "Firefox · Android" } }),
	};
};
