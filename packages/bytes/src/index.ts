export * from "./brand.ts";
export * from "./cbor.ts";
export * from "./octets.ts";
export * from "./padding.ts";
export * from "./result.ts";
export * from "./secret.ts";
export * from "./shape.ts";
export * from "./text-encodings.ts";
