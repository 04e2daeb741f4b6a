/** The app over a scene from memory: `?scene=full`. For looking at screens and for axe; never part of the product. */
import "@fontsource-variable/figtree/wght.css";
import "../../src/styles/tokens.css";
import "../../src/styles/base.css";
import "../../src/styles/parts.css";
import { createRoot } from "react-dom/client";
import { App } from "../../src/app.tsx";
import { ownCall } from "../../src/call/stage.ts";
import { watchAddress } from "../../src/state/given-link.ts";
import { applyTheme } from "../../src/state/preferences.ts";
import { markHere } from "../../src/state/was-here.ts";
import { watchHeight } from "../../src/state/screen.ts";
import type { MemoryClient } from "../memory-client.ts";
import { type SceneName, scenes } from "../scenes.ts";
import { drawnCallSession } from "./drawn-call-session.ts";

declare global {
	interface Window {
		sottoFixture: MemoryClient;
	}
}

const query = new URLSearchParams(location.search);
const name = query.get("scene") ?? "full";
const scene = (name in scenes ? scenes[name as SceneName] : scenes.full)();
document.documentElement.dir = query.get("dir") === "rtl" ? "rtl" : "ltr";
if (query.has("returning")) markHere();
else localStorage.clear();
if (query.has("own")) ownCall({ call: "the call", camera: query.get("own") === "camera" });

watchAddress();
applyTheme();
watchHeight();
window.sottoFixture = scene;

const root = document.querySelector("#root");
if (root !== null)
	createRoot(root).render(
		<App
			client={scene.client}
			loadCallSession={async () =>
				drawnCallSession({
					picture: query.get("picture") !== "none",
					others: query.has("alone") ? 0 : Number(query.get("others") ?? 1),
					trouble: query.get("trouble"),
					screen: query.has("screen"),
					signs: query.has("signs"),
					weak: query.get("weak"),
				})
			}
		/>,
	);
