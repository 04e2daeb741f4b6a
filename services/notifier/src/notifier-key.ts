import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { bytesShape, encodeCbor, mapShape, parseCbor, Secret } from "@sotto/bytes";
import { generateHpkeKeyPair, type HpkeKeyPair } from "@sotto/crypto";

const shape = mapShape({ publicKey: bytesShape(32, 32), privateKey: bytesShape(32, 32) });

/**
 * The notifier's X25519 key pair from `notifier-key` in the data folder; makes it (readable by its owner alone) when it is
 * missing. Every ring address is sealed to it: without this file all addresses that were given out are dead. Throws if the
 * file is there and is no key pair, because a new key in its place would break them silently.
 */
export async function openNotifierKey(folder: string): Promise<HpkeKeyPair> {
	const path = join(folder, "notifier-key");
	const present = readIfThere(path);
	if (present !== undefined) {
		const parsed = parseCbor(shape, present);
		if (!parsed.ok) throw new Error("notifier-key is damaged: restore it from a backup, or delete it to start anew");
		return { publicKey: parsed.value.publicKey, privateKey: new Secret(parsed.value.privateKey) };
	}
	const keyPair = await generateHpkeKeyPair("X25519");
	const content = keyPair.privateKey.use((privateKey) => encodeCbor({ publicKey: keyPair.publicKey, privateKey }));
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	writeDurably(path, content);
	return keyPair;
}

function readIfThere(path: string): Uint8Array | undefined {
	try {
		return readFileSync(path);
	} catch (thrown) {
		if ((thrown as { code?: string }).code === "ENOENT") return undefined;
		throw thrown;
	}
}

/** Whole or not at all, whenever the power fails. */
function writeDurably(path: string, content: Uint8Array): void {
	const draft = `${path}.new`;
	const file = openSync(draft, "w", 0o600);
	writeSync(file, content);
	fsyncSync(file);
	closeSync(file);
	renameSync(draft, path);
	const folder = openSync(dirname(path), "r");
	fsyncSync(folder);
	closeSync(folder);
}
