import { useReady } from "../engine/client.tsx";
import { useNow } from "../state/screen.ts";

/** As long as a device that was just linked may wait for the first of its conversations. */
const patienceMs = 180_000;

/** Whether this device was linked a moment ago and is still on its way into the account's conversations. */
export function useComing(): boolean {
	const { devices, conversations } = useReady();
	const now = useNow(10_000);
	const linkedAt = devices.find(({ thisDevice }) => thisDevice)?.linkedAt ?? 0;
	return devices.length > 1 && conversations.length === 0 && now - linkedAt < patienceMs;
}
