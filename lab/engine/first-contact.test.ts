import { expect, test } from "vitest";
import { expectOk, openWorld, until } from "./world.test-kit.ts";

test("two people come together by a link, and write to each other through the real home", async () => {
	const world = await openWorld();
	try {
		const ada = await (await world.start("Ada")).create();
		const bob = await (await world.start("Bob")).create();
		expectOk(await ada.client.addContact((await bob.ready()).me.link, "It is Ada."));
		await ada.say("Bob", "Waiting for you.");
		const request = await until("Bob is asked", async () => (await bob.ready()).requests[0]);
		expect(request.person.name).toBe("Ada");
		expect(request.greeting).toBe("It is Ada.");
		expect((await ada.with("Bob")).phase).toBe("asked");
		expectOk(await bob.client.acceptRequest(request.id));
		await bob.say("Ada", "Hello, Ada.");
		await until("Ada reads", async () => (await ada.texts("Bob")).includes("Hello, Ada."));
		expect(await bob.texts("Ada")).toEqual(["It is Ada.", "Waiting for you.", "> Hello, Ada."]);
		expect(await ada.texts("Bob")).toEqual(["> It is Ada.", "> Waiting for you.", "Hello, Ada."]);
		expect((await ada.with("Bob")).phase).toBe("active");
		expect((await bob.with("Ada")).unread).toBe(2);
	} finally {
		await world.close();
	}
});
