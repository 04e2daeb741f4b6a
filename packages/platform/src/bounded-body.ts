import { type Bytes, concat } from "@sotto/bytes";

/** Reads a response's body, or gives it up as soon as it is longer than `maxBytes`. */
export async function readBounded(response: Response, maxBytes: number): Promise<Bytes | "tooLarge"> {
	const stated = Number(response.headers.get("content-length") ?? 0);
	if (stated > maxBytes) {
		await response.body?.cancel();
		return "tooLarge";
	}
	if (response.body === null) return new Uint8Array();
	const reader = response.body.getReader();
	const parts: Uint8Array[] = [];
	let total = 0;
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return concat(...parts);
		total += value.length;
		if (total > maxBytes) {
			await reader.cancel();
			return "tooLarge";
		}
		parts.push(value);
	}
}
