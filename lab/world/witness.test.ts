import { apiVersion, appendRoute } from "@sotto/api";
import { type Bytes, bytesToHex, encodeCbor, padTo, utf8 } from "@sotto/bytes";
import { expect, test } from "vitest";
import { Witness } from "./witness.ts";

const filled = (length: number, value: number): Bytes => new Uint8Array(length).fill(value);

/** RFC 9420, 6.3.1: what an MLS message is sealed with begins with the group's id, of 32 bytes. */
const ofGroup: Bytes = Uint8Array.of(32, ...filled(32, 7), ...filled(9, 0));

/** Seals a message, known by `tag`, under `key` and again as a record, and lets the record leave in a request to append it. */
function send(witness: Witness, key: string, tag: number, record: number): void {
	witness.sealed({ key, tag: bytesToHex(filled(16, tag)), plaintext: utf8("words"), aad: ofGroup });
	const plaintext = padTo(filled(16, tag), 64);
	witness.sealed({ key: "of the log", tag: bytesToHex(filled(16, record)), plaintext, aad: utf8("sotto record") });
	const [logId, appendCap, dedupeId] = [filled(32, 1), filled(32, 2), filled(32, record)];
	witness.left(
		appendRoute.path,
		encodeCbor({ v: apiVersion, logId, appendCap, dedupeId, record: filled(2048, record) }),
	);
}

test("two messages that leave under one key are noticed; one message that leaves twice, or as another record, is none (C5)", () => {
	const faults: string[] = [];
	const witness = new Witness((what) => faults.push(what));
	send(witness, "one key", 1, 101);
	send(witness, "one key", 1, 101);
	send(witness, "one key", 1, 102);
	send(witness, "another key", 2, 103);
	expect([witness.messages, faults]).toEqual([2, []]);
	send(witness, "one key", 3, 104);
	expect(faults).toEqual(["two different messages left under one key"]);
});
