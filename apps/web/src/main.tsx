import "@fontsource-variable/figtree/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import { connectEngine } from "@sotto/platform/browser";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { unlockSoundOnFirstUse } from "./sound/sounds.ts";
import { watchAddress } from "./state/given-link.ts";
import { applyTheme } from "./state/preferences.ts";
import { watchHeight } from "./state/screen.ts";
import { words } from "./words/index.ts";

const root = document.querySelector("#root");
if (root === null) throw new Error("index.html has the element #root");

document.documentElement.lang = words.language;
document.documentElement.dir = words.direction;
watchAddress();
applyTheme();
watchHeight();
unlockSoundOnFirstUse();

const loadCallSession = async () => (await import("./call/call-session.ts")).startCallSession;

createRoot(root).render(<App client={connectEngine()} loadCallSession={loadCallSession} />);
