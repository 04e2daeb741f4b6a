import { appendRoute, createLogRoute, deleteLogRoute, parseRequest, readRoute } from "@sotto/api";
import { type Bytes, decodeCbor, encodeCbor, equalBytes, Secret } from "@sotto/bytes";
import {
	generateHpkeKeyPair,
	type Head,
	nextHead,
	openRecord,
	randomBytes,
	recordHash,
	sealRecord,
} from "@sotto/crypto";
import { type LinkingCode, rendezvousOf, startExistingDevice, startNewDevice } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Device } from "../../packages/protocol/src/linking/linking.test-kit.ts";
import { Life } from "../life.ts";
import { digitsOf, meet, showCode } from "./devices.test-kit.ts";
import { expectOk, openWorld, type Person, until, type World } from "./world.test-kit.ts";

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world.close());

const linkingOf = async (person: Person) => {
	const view = await person.client.view();
	return view.phase === "linking" || view.phase === "ready" ? view.linking : undefined;
};
const failed = (person: Person, reason: string) =>
	until(`${person.name} fails by ${reason}`, async () => {
		const linking = await linkingOf(person);
		return linking?.step === "failed" && linking.reason === reason;
	});

/** A log as a hostile home keeps it for one device alone. */
class ForgedLog {
	readonly records: Bytes[] = [];

	answer(path: string, body: Bytes): Bytes | undefined {
		switch (path) {
			case createLogRoute.path:
			case deleteLogRoute.path:
				return encodeCbor({});
			case appendRoute.path: {
				const request = parseRequest(appendRoute, body);
				if (request.ok) this.records.push(request.value.record);
				return encodeCbor({});
			}
			case readRoute.path: {
				const request = parseRequest(readRoute, body);
				if (!request.ok) return undefined;
				const { after, logId } = request.value;
				let head: Bytes = logId;
				for (const [n, record] of this.records.entries()) head = nextHead(head as Head, n + 1, recordHash(record));
				const tip = { seq: this.records.length, head };
				return encodeCbor({ first: after + 1, records: this.records.slice(after), tip });
			}
			default:
				return undefined;
		}
	}
}

/** Whoever speaks in a forged log, with keys of its own. */
class Voice {
	readonly #log: ForgedLog;
	readonly #device: Device;
	readonly #sealKey: Secret;
	readonly #own = new Set<Bytes>();
	#read = 0;

	constructor(log: ForgedLog, device: Device, sealKey: Secret) {
		this.#log = log;
		this.#device = device;
		this.#sealKey = sealKey;
	}

	get device(): Device {
		return this.#device;
	}

	async turn(): Promise<void> {
		for (const content of this.#device.take()) {
			const record = await sealRecord(this.#sealKey, content);
			if (!record.ok) throw new Error("it fits");
			this.#own.add(record.value);
			this.#log.records.push(record.value);
		}
		while (this.#read < this.#log.records.length) {
			const record = this.#log.records[this.#read++] as Bytes;
			const content = await openRecord(this.#sealKey, record);
			if (!this.#own.has(record) && content.ok) await this.#device.receive(content.value, Date.now());
		}
	}
}

test("D2: a home in the middle, with the code, cannot make both screens show the same digits, and gets nothing", async () => {
	const phone = await (await world.start("Ada")).create();
	const [atLaptop, atPhone] = [new ForgedLog(), new ForgedLog()];
	world.network("Laptop").answer = async (path, body) => atLaptop.answer(path, body);
	const laptop = await world.start("Laptop");
	const { logId, sealKey } = rendezvousOf((await showCode(laptop)) as LinkingCode);
	world.network("Ada").answer = async (path, body) => {
		const request = [appendRoute, readRoute, deleteLogRoute].find((route) => route.path === path);
		const parsed = request === undefined ? undefined : parseRequest<{ readonly logId: Bytes }>(request, body);
		return parsed?.ok && equalBytes(parsed.value.logId, logId) ? atPhone.answer(path, body) : undefined;
	};
	const own = (name: string) => ({ logId, nonce: randomBytes(32), name, now: Date.now() });
	const asPhone = new Voice(
		atLaptop,
		new Device(startExistingDevice(own("Ada"), new Secret(randomBytes(32)))),
		sealKey,
	);
	const asLaptop = new Voice(
		atPhone,
		await new Device(startNewDevice(own("Laptop"), await generateHpkeKeyPair("X-Wing"))).flushed(),
		sealKey,
	);
	const view = await laptop.client.view();
	const code = view.phase === "linking" && view.linking.step === "showCode" ? view.linking.code : "";
	expectOk(await phone.client.linkDevice(code));
	await until("both compare", async () => {
		await asPhone.turn();
		await asLaptop.turn();
		return (await digitsOf(phone)) !== undefined && (await digitsOf(laptop)) !== undefined;
	});
	// Each victim is truly talking to the home, and sees its digits.
	expect(await digitsOf(laptop)).toBe(asPhone.device.digits);
	expect(await digitsOf(phone)).toBe(asLaptop.device.digits);
	expect(await digitsOf(phone)).not.toBe(await digitsOf(laptop));
	// The home confirms at once, on either side. One user looks.
	await asLaptop.device.input({ kind: "confirmed", same: true }, Date.now());
	await asLaptop.turn();
	expectOk(await phone.client.confirmLinking(false));
	expect((await phone.ready()).devices).toHaveLength(1);
	expect(asLaptop.device.effects.map(({ kind }) => kind)).not.toContain("adopt");
	await failed(phone, "mismatch");
});

test("D2: a home that plays what was said again ends the linking, and no device is listed", async () => {
	const phone = await (await world.start("Ada")).create();
	world.network("Ada").answer = async (path, body) => {
		const request = path === readRoute.path ? parseRequest(readRoute, body) : undefined;
		if (!request?.ok || request.value.after > 0) return undefined;
		const headers = { "content-type": "application/cbor" };
		const real = new Uint8Array(
			await (await world.home.request(path, { method: "POST", body, headers })).arrayBuffer(),
		);
		const decoded = decodeCbor(real);
		const page = decoded.ok ? readRoute.response(decoded.value, "body") : undefined;
		const hello = page?.ok ? page.value.records[0] : undefined;
		if (!page?.ok || hello === undefined) return real;
		return encodeCbor({ first: 1, records: [hello, hello], tip: { seq: 2, head: page.value.tip.head } });
	};
	const laptop = await world.start("Laptop");
	expectOk(await phone.client.linkDevice(await showCode(laptop)));
	await failed(phone, "mismatch");
	await failed(laptop, "mismatch");
	expect((await phone.ready()).devices).toHaveLength(1);
});

test("D2: a code is of no use ten minutes later, nor after its first use, nor as a guess", async () => {
	const [phone, eve] = [await (await world.start("Ada")).create(), await (await world.start("Eve")).create()];
	for (const guess of ["00000-0000P", "ABCDE-FGH2J", "11111-11111"]) {
		const tried = await eve.client.linkDevice(guess);
		if (tried.ok) await failed(eve, "wrongCode");
		else expect(tried.error).toEqual({ kind: "badLink" });
	}
	const laptop = await meet(world, phone, "Laptop");
	const view = await laptop.client.view();
	expect(view.phase === "linking" && view.linking.step).toBe("compare");
	// Eve looks over the shoulder, and comes second.
	const again = await world.start("Tablet");
	const code = await showCode(again);
	expectOk(await phone.client.cancelLinking());
	await failed(laptop, "cancelled");
	expectOk(await phone.client.linkDevice(code));
	await until("they compare", async () => (await digitsOf(phone)) !== undefined);
	expectOk(await eve.client.linkDevice(code));
	await failed(eve, "wrongCode");
	world.advance(10 * 60_000);
	await until("it is over", async () => (await linkingOf(phone))?.step === "failed");
	await until("there too", async () => (await linkingOf(again))?.step === "failed");
	expect(await again.client.confirmLinking(true)).toMatchObject({ error: { kind: "notReady" } });
	expect((await phone.ready()).devices).toHaveLength(1);
	expect((await eve.ready()).devices).toHaveLength(1);
});

test("D2: whichever side stops at any moment of the handover, both are linked afterwards or neither is", {
	timeout: 180_000,
}, async () => {
	for (const who of ["phone", "laptop"] as const)
		for (let dieAt = 1, isOver = false; !isOver; dieAt += 2) {
			const name = `Ada ${who} ${dieAt}`;
			const pair = { phone: await (await world.start(name)).create(), laptop: await world.start(`${name} laptop`) };
			await pair.phone.client.close();
			const lives = { phone: new Life(), laptop: new Life() };
			pair.phone = await world.start(name, pair.phone.store, {}, lives.phone);
			pair.laptop = await world.start(`${name} laptop`, pair.laptop.store, {}, lives.laptop);
			expectOk(await pair.phone.client.linkDevice(await showCode(pair.laptop)));
			for (const side of ["phone", "laptop"] as const)
				await until("it compares", async () => (await digitsOf(pair[side])) !== undefined);
			lives[who].dieIn(dieAt);
			const done = (async () => {
				await pair.laptop.client.confirmLinking(true);
				await pair.phone.client.confirmLinking(true);
				await until("linked", async () => (await linkingOf(pair.phone))?.step === "done");
				return "lived" as const;
			})();
			const fate = await Promise.race([lives[who].died, done.catch(() => "stuck" as const)]);
			isOver = fate === "lived";
			lives[who].die();
			pair[who] = await world.start(pair[who].name, pair[who].store);
			const listed = (await pair.phone.ready()).devices.length;
			if (listed === 2)
				await until(`${name}: the laptop is in`, async () => (await pair.laptop.client.view()).phase === "ready");
			else {
				expectOk(await pair.laptop.client.cancelLinking());
				expect((await pair.laptop.client.view()).phase).toBe("noAccount");
			}
			for (const side of ["phone", "laptop"] as const) {
				await until("nothing is kept", async () => pair[side].store.keysLike("linking").length === 0);
				await pair[side].client.close();
			}
		}
});
