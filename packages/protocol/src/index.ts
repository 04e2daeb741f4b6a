export * from "./call-content.ts";
export * from "./content.ts";
