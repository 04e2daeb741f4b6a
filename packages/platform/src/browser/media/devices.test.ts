import { err, ok } from "@sotto/bytes";
import { describe, expect, test } from "vitest";
import { type DeviceError, deviceError, LocalDevices, type openDevice } from "./devices.ts";

/** What the devices need of a track: to be enabled, stopped, and to end when it is unplugged. */
class Track extends EventTarget {
	enabled = true;
	isStopped = false;
	stop(): void {
		this.isStopped = true;
	}
}

function machine() {
	const opened: Track[] = [];
	const state: { error?: DeviceError; changes: number } = { changes: 0 };
	const open: typeof openDevice = async () => {
		if (state.error !== undefined) return err(state.error);
		const track = new Track();
		opened.push(track);
		return ok(track as unknown as MediaStreamTrack);
	};
	const devices = new LocalDevices(() => void state.changes++, open);
	return { devices, opened, state };
}

describe("microphone and camera", () => {
	test("a muted microphone goes on sending silence, so that nobody sees who speaks when", async () => {
		const { devices, opened } = machine();
		await devices.setMicrophone(true);
		await devices.setMicrophone(false);
		expect(devices.microphone.state).toBe("muted");
		expect(opened[0]).toMatchObject({ enabled: false, isStopped: false });
		await devices.setMicrophone(true);
		expect(devices.microphone.state).toBe("on");
		expect(opened.length).toBe(1);
	});

	test("a camera that is turned off is let go", async () => {
		const { devices, opened } = machine();
		await devices.setCamera(true);
		await devices.setCamera(false);
		expect(devices.camera.state).toBe("off");
		expect(opened[0]?.isStopped).toBe(true);
	});

	test("a camera that opens after it was turned off again does not stay open", async () => {
		const { devices, opened } = machine();
		const opening = devices.setCamera(true);
		await devices.setCamera(false);
		await opening;
		expect(devices.camera.state).toBe("off");
		expect(opened[0]?.isStopped).toBe(true);
	});

	test("what is wrong is said by kind, and trying again is possible", async () => {
		const { devices, state } = machine();
		state.error = { kind: "denied" };
		expect(await devices.setMicrophone(true)).toEqual(err({ kind: "denied" }));
		expect(devices.microphone).toEqual({ state: "failed", error: { kind: "denied" } });
		delete state.error;
		expect((await devices.setMicrophone(true)).ok).toBe(true);
		expect(devices.microphone.state).toBe("on");
	});

	test("unplugged in mid-call is noticed", async () => {
		const { devices, opened, state } = machine();
		await devices.setMicrophone(true);
		const before = state.changes;
		opened[0]?.dispatchEvent(new Event("ended"));
		expect(devices.microphone).toEqual({ state: "failed", error: { kind: "unplugged" } });
		expect(state.changes).toBe(before + 1);
	});

	test("changing over keeps the old device until the new one is there, and keeps silence silent", async () => {
		const { devices, opened, state } = machine();
		await devices.setMicrophone(true);
		await devices.setMicrophone(false);
		state.error = { kind: "inUse" };
		expect((await devices.replace("microphone", "other")).ok).toBe(false);
		expect(devices.microphone.state).toBe("muted");
		expect(opened[0]?.isStopped).toBe(false);
		delete state.error;
		await devices.replace("microphone", "other");
		expect(opened[0]?.isStopped).toBe(true);
		expect(opened[1]?.enabled).toBe(false);
		opened[0]?.dispatchEvent(new Event("ended"));
		expect(devices.microphone.state).toBe("muted");
	});

	test("leaving lets everything go", async () => {
		const { devices, opened } = machine();
		await devices.setMicrophone(true);
		await devices.setCamera(true);
		devices.close();
		expect(opened.every((track) => track.isStopped)).toBe(true);
	});
});

test("the browser's names for trouble are told apart", () => {
	const kinds = ["NotFoundError", "NotAllowedError", "NotReadableError", "OverconstrainedError", "Odd"].map(
		(name) => deviceError(new DOMException("", name)).kind,
	);
	expect(kinds).toEqual(["noDevice", "denied", "inUse", "noDevice", "failed"]);
	expect(deviceError("what").kind).toBe("failed");
});
