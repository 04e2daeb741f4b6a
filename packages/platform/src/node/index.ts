export * from "./connectivity.ts";
export * from "./ports.ts";
export * from "./store.ts";
export * from "./transport.ts";
