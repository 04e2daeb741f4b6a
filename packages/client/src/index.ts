export * from "./conversation-host.ts";
export * from "./ports.ts";
export * from "./sdk.ts";
