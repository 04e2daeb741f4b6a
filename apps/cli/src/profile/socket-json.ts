import { base64urlToBytes, bytesToBase64url } from "@sotto/bytes";

const bytesKey = "$bytes";

/** JSON in which byte strings survive. A CryptoKey does not: calls need the process that has the engine. */
export function writeJson(value: unknown): string {
	return JSON.stringify(value, (_key, item: unknown) =>
		item instanceof Uint8Array ? { [bytesKey]: bytesToBase64url(item) } : item,
	);
}

/** The inverse of {@link writeJson}; undefined for what is no JSON. */
export function readJson(text: string): unknown {
	try {
		return JSON.parse(text, (_key, item: unknown) => {
			if (typeof item !== "object" || item === null || !(bytesKey in item)) return item;
			const bytes = base64urlToBytes(String(item[bytesKey]));
			return bytes.ok ? bytes.value : undefined;
		});
	} catch {
		return undefined;
	}
}
