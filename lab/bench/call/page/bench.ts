import "./detour.ts";
import "../../../call/page/harness.ts";
import { directAnswer, directOffer, directStands, takeDirectAnswer } from "./direct.ts";
import { measure } from "./measure.ts";

/** What the bench calls; the room's call is started by the harness, whose `harness` stands beside this. */
Object.assign(window, { bench: { directOffer, directAnswer, takeDirectAnswer, directStands, measure } });
