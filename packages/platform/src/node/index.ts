export * from "./connectivity.ts";
export * from "./ports.ts";
export * from "./store.ts";
export * from "./transport.ts";
export type { Channel } from "../rpc/channel.ts";
export { createRemoteClient, type RemoteClient } from "../rpc/remote-client.ts";
export { serveClient } from "../rpc/serve.ts";
