import type { Bytes } from "./brand.ts";
import { copyBytes } from "./octets.ts";

/** Key material that cannot print: not by console.log, JSON, string interpolation or structured inspection. */
export class Secret {
	readonly #bytes: Bytes;

	constructor(bytes: Uint8Array) {
		this.#bytes = copyBytes(bytes);
	}

	/** Hands the bytes to `work`, which must not keep them. */
	use<T>(work: (bytes: Bytes) => T): T {
		return work(this.#bytes);
	}

	get length(): number {
		return this.#bytes.length;
	}

	toJSON(): string {
		return "[secret]";
	}

	toString(): string {
		return "[secret]";
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return "[secret]";
	}
}
