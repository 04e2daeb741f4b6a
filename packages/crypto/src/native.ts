// Node's own crypto where the code runs in Node: synchronous and faster. Browsers take the other branch of each caller.
// Only the calls used here are declared, because the core compiles without Node's types.
type NodeHash = { update(data: Uint8Array): NodeHash; digest(): Uint8Array };
type NodeKey = { readonly type: string };
type NodeDecipher = {
	setAAD(aad: Uint8Array): void;
	setAuthTag(tag: Uint8Array): void;
	update(data: Uint8Array): Uint8Array;
	final(): Uint8Array;
};
export type NodeCrypto = {
	createHash(name: string): NodeHash;
	createHmac(name: string, key: Uint8Array): NodeHash;
	createPrivateKey(key: { key: Uint8Array; format: "der"; type: "pkcs8" }): NodeKey;
	createPublicKey(key: { key: Uint8Array; format: "der"; type: "spki" }): NodeKey;
	diffieHellman(keys: { privateKey: NodeKey; publicKey: NodeKey }): Uint8Array;
	/** Since Node 24.7; computes on a thread of its own. */
	argon2(
		algorithm: "argon2id",
		parameters: {
			message: Uint8Array;
			nonce: Uint8Array;
			parallelism: number;
			tagLength: number;
			memory: number;
			passes: number;
		},
		done: (error: Error | null, key: Uint8Array) => void,
	): void;
	createDecipheriv(name: "aes-256-gcm", key: Uint8Array, nonce: Uint8Array): NodeDecipher;
};

type NodeProcess = { getBuiltinModule?: (name: "node:crypto") => NodeCrypto | undefined };

/** Node's crypto module, or undefined in a browser. */
export const nodeCrypto: NodeCrypto | undefined = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.(
	"node:crypto",
);
