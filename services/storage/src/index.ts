export * from "./port.ts";
export * from "./schema.ts";
export { type OpenStoreError, openSqliteStore } from "./sqlite/open-store.ts";
export { disclose, type DisclosureError, type DisclosureScope } from "./sqlite/disclose.ts";
