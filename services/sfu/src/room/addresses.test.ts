import { createSocket, type Socket } from "node:dgram";
import { describe, expect, test } from "vitest";
import { chooseAddresses, openAddresses } from "./addresses.ts";

const entry = (address: string, internal: boolean, family: "IPv4" | "IPv6" = "IPv4") =>
	({
		address,
		internal,
		family,
		netmask: "",
		mac: "",
		cidr: null,
		...(family === "IPv6" ? { scopeid: 0 } : {}),
	}) as never;
const interfaces = {
	lo: [entry("127.0.0.1", true), entry("::1", true, "IPv6")],
	eth0: [entry("192.0.2.7", false), entry("fd00::7", false, "IPv6")],
};

describe("a room's addresses", () => {
	test("an address of this machine is offered and bound alone", () => {
		expect(chooseAddresses("192.0.2.7", interfaces)).toEqual({ addresses: ["192.0.2.7"], bindAddress: "192.0.2.7" });
	});

	test("on loopback the machine's other addresses are offered behind it, because Firefox needs one of them", () => {
		const chosen = chooseAddresses("127.0.0.1", interfaces);
		expect(chosen).toEqual({ addresses: ["127.0.0.1", "192.0.2.7"], bindAddress: undefined });
	});

	test("an address that is a router's is offered, and everything is bound", () => {
		expect(chooseAddresses("198.51.100.1", interfaces)).toEqual({
			addresses: ["198.51.100.1"],
			bindAddress: undefined,
		});
	});

	test("the port is a free one of the range, and none is taken outside of it", async () => {
		const taken: Socket = createSocket("udp4");
		const first = await new Promise<number>((resolve) => taken.bind(0, () => resolve(taken.address().port)));
		const settings = { mediaAddress: "127.0.0.1", seats: 1 };
		await expect(openAddresses({ ...settings, ports: { from: first, to: first } })).rejects.toThrow("no free UDP port");
		const { port } = await openAddresses({ ...settings, ports: { from: first, to: first + 40 } });
		expect(port).toBeGreaterThan(first);
		expect(port).toBeLessThanOrEqual(first + 40);
		await new Promise<void>((resolve) => taken.close(() => resolve()));
		expect((await openAddresses({ ...settings, ports: { from: 0, to: 0 } })).port).toBeGreaterThan(0);
	});
});
