import process from "node:process";
import type { RoomSettings } from "./messages.ts";
import { runRoom } from "./run.ts";

// Started by RoomProcess with its settings as the one argument.
await runRoom(JSON.parse(process.argv[2] ?? "") as RoomSettings);
