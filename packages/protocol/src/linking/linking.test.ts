import { type Bytes, utf8 } from "@sotto/bytes";
import { generateHpkeKeyPair, randomBytes } from "@sotto/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { linkingCode, linkingQr, parseLinkingCode } from "./code.ts";
import { Device, rendezvous, start, talk } from "./linking.test-kit.ts";
import { encodeLinkingMessage, type LinkingMessage, parseLinkingMessage } from "./messages.ts";
import { sealOutgoing } from "./seal.ts";
import { linkingLifetimeMs } from "./state.ts";
import { commitTo } from "./transcript.ts";

const parsed = (content: Bytes): LinkingMessage => {
	const message = parseLinkingMessage(content);
	if (!message.ok) throw new Error("a device says what parses");
	return message.value;
};

test("D2: two devices show the same digits, and hand over when both users say so", async () => {
	const [laptop, phone] = [await Device.newDevice(), await Device.existing()];
	await talk(laptop, phone);
	expect(laptop.digits).toMatch(/^\d{6}$/);
	expect(laptop.digits).toBe(phone.digits);
	expect(laptop.state).toMatchObject({ otherName: "Ada" });
	expect(phone.state).toMatchObject({ otherName: "Laptop" });
	await phone.input({ kind: "confirmed", same: true });
	await talk(laptop, phone);
	expect(phone.effects.map(({ kind }) => kind)).not.toContain("handOver");
	await laptop.input({ kind: "confirmed", same: true });
	await talk(laptop, phone);
	expect(phone.effects).toContainEqual(expect.objectContaining({ kind: "handOver", card: utf8("card") }));
	expect(laptop.effects).toContainEqual(expect.objectContaining({ kind: "adopt", handover: utf8("handover") }));
	expect(phone.state.phase).toBe("done");
});

test("D2: a server that puts its own keys in between shows two different strings", async () => {
	for (let round = 0; round < 12; round++) {
		const [laptop, phone] = [await Device.newDevice(), await Device.existing()];
		// The attacker is a whole device towards either side.
		const [towardsPhone, towardsLaptop] = [await Device.newDevice(), await Device.existing()];
		await talk(laptop, towardsLaptop);
		await talk(towardsPhone, phone);
		expect(laptop.digits).toBe(towardsLaptop.digits);
		expect(phone.digits).toBe(towardsPhone.digits);
		expect(laptop.digits).not.toBe(phone.digits);
	}
});

test("D2: who answers the new device cannot choose its nonce after it saw the other one", async () => {
	const [laptop, attacker] = [await Device.newDevice(), await Device.existing()];
	for (const hello of laptop.take()) await attacker.receive(hello);
	for (const answer of attacker.take()) await laptop.receive(answer);
	const said = parsed(laptop.take()[0] as Bytes);
	expect(said.type).toBe("nonce");
	// It knows everything now, and would pick the nonce that gives the digits it needs.
	if (attacker.state.phase !== "waitingForNonce") throw new Error("the attacker is committed");
	const key = attacker.state.keys.fromExisting;
	await laptop.receive(await sealOutgoing({ type: "reveal", nonce: randomBytes(32), seal: utf8("Ada"), key }));
	expect(laptop.reason).toBe("mismatch");
});

test("D2: who has an account tells its nonce to nobody that has not told its own", async () => {
	const [attacker, phone] = [await Device.newDevice(), await Device.existing()];
	if (phone.state.phase !== "waitingForHello") throw new Error("it waits");
	const { nonce } = phone.state.own;
	for (const hello of attacker.take()) await phone.receive(hello);
	const [answer] = phone.take();
	expect(phone.state.phase).toBe("waitingForNonce");
	expect(Buffer.from(answer as Bytes).includes(Buffer.from(nonce))).toBe(false);
	// Nothing but a nonce moves it: not a second hello, not a confirmation, not time.
	await phone.input({ kind: "woke" });
	await phone.input({ kind: "confirmed", same: true });
	expect(phone.take()).toEqual([]);
	expect(phone.state.phase).toBe("waitingForNonce");
});

test("D2: what one side said comes back to itself, and ends it", async () => {
	const [laptop, phone] = [await Device.newDevice(), await Device.existing()];
	const [hello] = laptop.take();
	await laptop.receive(hello as Bytes);
	expect(laptop.reason).toBe("mismatch");
	await phone.receive(hello as Bytes);
	// As if another device had answered the same code.
	await phone.receive(phone.take()[0] as Bytes);
	expect(phone.reason).toBe("wrongCode");
	// A nonce turned round as a reveal is held to the commitment too.
	const [other, attacker] = [await Device.newDevice(), await Device.existing()];
	for (const content of other.take()) await attacker.receive(content);
	for (const content of attacker.take()) await other.receive(content);
	const said = parsed(other.take()[0] as Bytes);
	if (said.type !== "nonce") throw new Error("it says its nonce");
	await other.receive(encodeLinkingMessage({ ...said, type: "reveal" }));
	expect(other.reason).toBe("mismatch");
});

test("D2: what was said under the same code another time opens nothing", async () => {
	const before = { laptop: await Device.newDevice(), phone: await Device.existing() };
	const heard: Bytes[] = [];
	await talk(before.laptop, before.phone, async (content) => {
		heard.push(content);
		return [content];
	});
	for (const old of heard.filter((content) => parsed(content).type !== "hello")) {
		const laptop = await Device.newDevice();
		await laptop.receive(old);
		expect(laptop.reason).toBe("mismatch");
	}
	// An old hello leads to a key that nobody there has: the nonce that would follow does not open.
	const phone = await Device.existing();
	await phone.receive(heard[0] as Bytes);
	for (const old of heard.slice(1)) {
		await phone.receive(old);
		break;
	}
	expect(phone.reason).toBe("wrongCode");
});

test("D2: a message that is altered, doubled or left out never leads to a handover", async () => {
	const acts = ["alter", "double", "drop"] as const;
	await fc.assert(
		fc.asyncProperty(fc.constantFrom(...acts), fc.nat(5), fc.nat(10_000), async (act, at, place) => {
			const [laptop, phone] = [await Device.newDevice(), await Device.existing()];
			let n = 0;
			let isBent = false;
			const tap = async (content: Bytes) => {
				if (n++ !== at) return [content];
				isBent = true;
				if (act === "drop") return [];
				if (act === "double") return [content, content];
				const altered = content.slice();
				altered[place % altered.length] = (altered[place % altered.length] as number) ^ (1 + (place % 255));
				return [altered];
			};
			await talk(laptop, phone, tap);
			// The users compare: they confirm only what is the same on both screens.
			if (laptop.digits === undefined || laptop.digits !== phone.digits) return;
			for (const device of [laptop, phone]) await device.input({ kind: "confirmed", same: true });
			await talk(laptop, phone, tap);
			// Only the handover itself, or what comes after both have confirmed, can be bent from here on.
			const adopted = laptop.effects.filter(({ kind }) => kind === "adopt").length;
			expect(adopted).toBeLessThanOrEqual(1);
			if (isBent && (at < 4 || (at === 4 && act !== "double"))) expect(adopted).toBe(0);
		}),
		{ numRuns: 60 },
	);
});

test("D2: no confirmation of one user alone, none of other digits, and no cancelled one hands over", async () => {
	for (const spoil of [
		(laptop: Device, _phone: Device) => laptop.input({ kind: "confirmed", same: false }),
		(_laptop: Device, phone: Device) => phone.input({ kind: "confirmed", same: false }),
		(laptop: Device, _phone: Device) => laptop.input({ kind: "failed", reason: "cancelled" }),
		(_laptop: Device, phone: Device) => phone.input({ kind: "failed", reason: "tooManyDevices" }),
	]) {
		const [laptop, phone] = [await Device.newDevice(), await Device.existing()];
		await talk(laptop, phone);
		await spoil(laptop, phone);
		for (const device of [laptop, phone]) await device.input({ kind: "confirmed", same: true });
		await talk(laptop, phone);
		expect([...laptop.effects, ...phone.effects].filter(({ kind }) => kind === "handOver" || kind === "adopt")).toEqual(
			[],
		);
		expect(laptop.reason).toBe(phone.reason);
		expect(laptop.reason).toBeDefined();
	}
});

test("D2: a handover to a user who has not confirmed is refused, whoever sends it", async () => {
	const [laptop, attacker] = [await Device.newDevice(), await Device.existing()];
	await talk(laptop, attacker);
	const { state } = attacker;
	if (state.phase !== "comparing") throw new Error("they compare");
	await laptop.receive(encodeLinkingMessage({ type: "handover", sealed: new Uint8Array(64) as Bytes }));
	expect(laptop.reason).toBe("mismatch");
	expect(laptop.effects.map(({ kind }) => kind)).not.toContain("adopt");
});

test("D2: a code ends after ten minutes, and after its first use", async () => {
	const laptop = await Device.newDevice();
	await laptop.input({ kind: "woke" }, start + linkingLifetimeMs - 1);
	expect(laptop.state.phase).toBe("waitingForAnswer");
	await laptop.input({ kind: "woke" }, start + linkingLifetimeMs);
	expect(laptop.reason).toBe("expired");
	expect(laptop.effects.at(-1)).toEqual({ kind: "ended" });
	// A second device that was given the same code finds it answered.
	const [first, second] = [await Device.existing(), await Device.existing()];
	const fresh = await Device.newDevice();
	const [hello] = fresh.take();
	await first.receive(hello as Bytes);
	await second.receive(first.take()[0] as Bytes);
	expect(second.reason).toBe("wrongCode");
	// It says nothing, so it does not disturb those two.
	expect(second.take()).toEqual([]);
});

test("a key that nobody can seal to is no hello", async () => {
	const phone = await Device.existing();
	await phone.receive(
		encodeLinkingMessage({ type: "hello", v: 1, publicKey: new Uint8Array(1216).fill(0xff) as Bytes }),
	);
	expect(phone.reason).toBe("mismatch");
	const { publicKey } = await generateHpkeKeyPair("X-Wing");
	expect(commitTo(randomBytes(32), { logId: rendezvous.logId, publicKey, sealed: publicKey })).toHaveLength(32);
});

test("bytes that are no message end it without being parsed further", async () => {
	await fc.assert(
		fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
			const phone = await Device.existing();
			await phone.receive(new Uint8Array(bytes) as Bytes);
			expect(phone.reason).toBe("mismatch");
		}),
		{ numRuns: 40 },
	);
	expect(parseLinkingMessage(new Uint8Array(300_000)).ok).toBe(false);
});

test("a code is read however it is typed, and a mistyped one is found", () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 9, maxLength: 9 }), (random) => {
			const code = linkingCode(random);
			expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
			for (const typed of [code, code.toLowerCase(), code.replace("-", " "), linkingQr(code, "https://a.example")])
				expect(parseLinkingCode(typed)).toEqual({ ok: true, value: code });
			expect(parseLinkingCode(code.slice(1)).ok).toBe(false);
		}),
	);
	// One check character finds about 31 of 32 mistyped codes.
	const codes = Array.from({ length: 400 }, () => linkingCode(randomBytes(9)));
	const mistyped = codes.map((code) => `${code[0] === "7" ? "8" : "7"}${code.slice(1)}`);
	expect(mistyped.filter((code) => parseLinkingCode(code).ok).length).toBeLessThan(60);
});
