export * from "./blob.ts";
export * from "./errors.ts";
export * from "./log.ts";
export * from "./notifier.ts";
export * from "./room.ts";
export * from "./route.ts";
