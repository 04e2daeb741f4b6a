export * from "./connect-engine.ts";
export * from "./script-url.ts";
