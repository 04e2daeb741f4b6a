/** Puts the app over a client from memory on the page, and takes it away after each test. */
import { createRoot, type Root } from "react-dom/client";
import { afterEach } from "vitest";
import { page } from "vitest/browser";
import { App } from "../src/app.tsx";
import "../src/styles/base.css";
import "../src/styles/parts.css";
import "../src/styles/tokens.css";
import type { MemoryClient } from "./memory-client.ts";
import { drawnCallSession } from "./preview/drawn-call-session.ts";

let root: Root | undefined;
const nobody = drawnCallSession({ picture: false, others: 0, trouble: null });

export async function show(client: MemoryClient, width = 1280, height = 800, media = nobody): Promise<MemoryClient> {
	await page.viewport(width, height);
	const place = document.createElement("div");
	place.id = "root";
	document.body.append(place);
	root = createRoot(place);
	root.render(<App client={client.client} loadCallSession={async () => media} />);
	return client;
}

export function takeAway(): void {
	root?.unmount();
	document.body.replaceChildren();
}

afterEach(() => {
	takeAway();
	history.replaceState(null, "");
	sessionStorage.clear();
	localStorage.clear();
});

export const button = (name: string) => page.getByRole("button", { name, exact: true });
export const textbox = (name: string) => page.getByRole("textbox", { name, exact: true });
export const menuitem = (name: string) => page.getByRole("menuitem", { name, exact: true });
export const commands = (client: MemoryClient) => client.told.map(({ command }) => command);
/** What the last command of that name was given. */
export const argsOf = (client: MemoryClient, name: string) =>
	client.told.findLast(({ command }) => command === name)?.args;
