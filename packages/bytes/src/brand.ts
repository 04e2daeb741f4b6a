declare const brand: unique symbol;

/** A value that only its parser can make: `Brand<Bytes, "LogId">`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Bytes backed by an ordinary ArrayBuffer, which WebCrypto and postMessage accept. */
export type Bytes = Uint8Array<ArrayBuffer>;
