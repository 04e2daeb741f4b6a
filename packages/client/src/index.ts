export { type ClientOptions, createClient } from "./client.ts";
export * from "./conversation-host.ts";
export * from "./ports.ts";
export * from "./sdk.ts";
