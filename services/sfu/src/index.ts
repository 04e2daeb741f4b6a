export { createSfu, type Sfu, type SfuOptions } from "./sfu.ts";
export { defaultRoomLimits, type RoomLimits } from "./rooms.ts";
