import type { Secret } from "@sotto/bytes";
import { type AeadKey, importAeadKey, type LogSecrets } from "@sotto/crypto";
import { type LogRef, secretsOf } from "@sotto/protocol";

export type LogKeys = { readonly secrets: LogSecrets; readonly sealKey: Promise<AeadKey> };

const known = new WeakMap<Secret, Map<number, LogKeys>>();

/** The secrets of a log, derived once for as long as its seed is in memory. */
export function logKeys(log: LogRef): LogKeys {
	const bySeed = known.get(log.seed) ?? new Map<number, LogKeys>();
	known.set(log.seed, bySeed);
	const found = bySeed.get(log.index);
	if (found !== undefined) return found;
	const secrets = secretsOf(log);
	const made = { secrets, sealKey: importAeadKey(secrets.sealKey) };
	bySeed.set(log.index, made);
	return made;
}
