// What the core may use of its surroundings: text, cancellation and WebCrypto. A timer, a socket or a file does not compile there.
declare class TextEncoder {
	encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
	constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
	decode(bytes: Uint8Array): string;
}
interface AbortSignal {
	readonly aborted: boolean;
}
type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer;
interface CryptoKey {
	readonly algorithm: { readonly name: string };
	readonly extractable: boolean;
	readonly type: "secret" | "private" | "public";
	readonly usages: string[];
}
interface CryptoKeyPair {
	readonly privateKey: CryptoKey;
	readonly publicKey: CryptoKey;
}
type WebCryptoAlgorithm = string | { readonly name: string; readonly [parameter: string]: unknown };
interface SubtleCrypto {
	decrypt(algorithm: WebCryptoAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
	deriveBits(algorithm: WebCryptoAlgorithm, key: CryptoKey, length: number): Promise<ArrayBuffer>;
	digest(algorithm: WebCryptoAlgorithm, data: BufferSource): Promise<ArrayBuffer>;
	encrypt(algorithm: WebCryptoAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
	exportKey(format: string, key: CryptoKey): Promise<ArrayBuffer>;
	generateKey(
		algorithm: WebCryptoAlgorithm,
		extractable: boolean,
		usages: string[],
	): Promise<CryptoKey | CryptoKeyPair>;
	importKey(
		format: string,
		data: BufferSource | object,
		algorithm: WebCryptoAlgorithm,
		extractable: boolean,
		usages: string[],
	): Promise<CryptoKey>;
	sign(algorithm: WebCryptoAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
	verify(algorithm: WebCryptoAlgorithm, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean>;
}
declare const crypto: {
	readonly subtle: SubtleCrypto;
	getRandomValues<T extends ArrayBufferView<ArrayBuffer>>(array: T): T;
};
