export * from "./clock.ts";
export * from "./serve-route.ts";
export * from "./token-bucket.ts";
