import process from "node:process";
import type { RoomSettings } from "../../services/sfu/src/room/messages.ts";
import { runRoom } from "../../services/sfu/src/room/run.ts";
import { openTap } from "../rtp-tap.ts";

// A room that writes down every media payload it receives: the collector's best case. Arguments: settings, path of the tap.
const tap = openTap(process.argv[3] ?? "");
await runRoom(JSON.parse(process.argv[2] ?? "") as RoomSettings, (participant, kind, packet, view) => {
	const { payloadType, marker, sequence, timestamp, ssrc, payloadOffset, payloadEnd } = view;
	const payload = packet.subarray(payloadOffset, payloadEnd);
	tap.write({ at: Date.now(), participant, kind, payloadType, marker, sequence, timestamp, ssrc, payload });
});
