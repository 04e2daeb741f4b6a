export * from "./sdk.ts";
export * from "./ports.ts";
