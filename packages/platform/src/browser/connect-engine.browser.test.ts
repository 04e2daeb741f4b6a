import type { ClientView, SottoClient } from "@sotto/client";
import { afterEach, describe, expect, inject, test } from "vitest";
import type { EngineOptions } from "./connect-engine.ts";

const home = inject("home");

/** A tab: a frame of its own with its own door to the engine. Removing it ends what it had started. */
type Tab = { readonly engine: SottoClient; readonly frame: HTMLIFrameElement; readonly views: ClientView[] };

const tabs: Tab[] = [];
afterEach(() => {
	for (const { frame } of tabs.splice(0)) frame.remove();
});

async function openTab(options: Required<EngineOptions>): Promise<Tab> {
	const frame = document.createElement("iframe");
	const script = new URL("./connect-engine.ts", import.meta.url).pathname;
	const opened = new Promise<SottoClient>((resolve) => {
		frame.addEventListener("load", () => {
			const frameWindow = frame.contentWindow as (Window & { opened?: (engine: SottoClient) => void }) | null;
			if (frameWindow !== null) frameWindow.opened = resolve;
			const element = frame.contentDocument?.createElement("script");
			if (element === undefined) return;
			element.type = "module";
			element.textContent = `import { connectEngine } from ${JSON.stringify(script)};
				window.opened(connectEngine(${JSON.stringify(options)}));`;
			frame.contentDocument?.body.append(element);
		});
	});
	// Any document of this origin will do; about:blank has no address that a worker's could be relative to.
	frame.src = new URL("../../package.json", import.meta.url).pathname;
	document.body.append(frame);
	const engine = await opened;
	const views: ClientView[] = [];
	engine.onEvent((event) => event.kind === "view" && views.push(event.view));
	const tab = { engine, frame, views };
	tabs.push(tab);
	return tab;
}

function closeTab(tab: Tab): void {
	tab.frame.remove();
	tabs.splice(tabs.indexOf(tab), 1);
}

const phaseOf = async ({ engine }: Tab) => (await engine.view()).phase;
const fresh = () => `profile-${crypto.randomUUID()}`;
const patience = { timeout: 30_000, interval: 100 };

async function createAccount({ engine }: Tab, name: string): Promise<string> {
	const created = await engine.createAccount({ name, home });
	if (!created.ok) throw new Error(created.error.kind);
	await engine.sync();
	const view = await engine.view();
	if (view.phase !== "ready") throw new Error(view.phase);
	return view.me.link;
}

describe.each(["shared", "own"] as const)("the engine in a worker of its kind: %s", (worker) => {
	test("two tabs are one client: an account made in one is there in the other, and what one does is told to both", async () => {
		const profile = fresh();
		const [one, two] = [await openTab({ profile, worker }), await openTab({ profile, worker })];
		await expect.poll(() => phaseOf(one), patience).toBe("noAccount");
		await expect.poll(() => phaseOf(two), patience).toBe("noAccount");
		const link = await createAccount(one, "Ada");
		await expect.poll(() => two.views.at(-1)?.phase, patience).toBe("ready");
		expect(await two.engine.view()).toMatchObject({ phase: "ready", me: { name: "Ada", link } });
		expect(await two.engine.createAccount({ name: "Eve", home })).toMatchObject({ ok: false });
		await two.engine.rename("Ada L.");
		await expect.poll(() => one.views.at(-1), patience).toMatchObject({ me: { name: "Ada L." } });
	});

	test("the engine outlives the tab that started it", async () => {
		const profile = fresh();
		const first = await openTab({ profile, worker });
		const second = await openTab({ profile, worker });
		const link = await createAccount(first, "Ada");
		closeTab(first);
		await expect.poll(() => second.engine.view(), patience).toMatchObject({ phase: "ready", me: { link } });
		expect(await second.engine.rename("Ada again")).toMatchObject({ ok: true });
		const third = await openTab({ profile, worker });
		await expect.poll(() => third.engine.view(), patience).toMatchObject({ me: { name: "Ada again" } });
	});

	test("when all tabs are closed the next one finds everything as it was", async () => {
		const profile = fresh();
		const first = await openTab({ profile, worker });
		const link = await createAccount(first, "Ada");
		closeTab(first);
		const next = await openTab({ profile, worker });
		await expect.poll(() => next.engine.view(), patience).toMatchObject({ phase: "ready", me: { name: "Ada", link } });
	});
});

test("while something else holds the profile's lock the view says so, and goes on when it is free", async () => {
	const profile = fresh();
	const release = Promise.withResolvers<void>();
	const held = Promise.withResolvers<void>();
	void navigator.locks.request(`${profile}-profile`, () => {
		held.resolve();
		return release.promise;
	});
	await held.promise;
	const tab = await openTab({ profile, worker: "shared" });
	await expect.poll(() => phaseOf(tab), patience).toBe("locked");
	expect(await tab.engine.createAccount({ name: "Ada", home })).toEqual({ ok: false, error: { kind: "notReady" } });
	release.resolve();
	await expect.poll(() => phaseOf(tab), patience).toBe("noAccount");
});

test("when the browser throws the data away, the view says that it is gone, and nothing is written over it", async () => {
	const profile = fresh();
	const tab = await openTab({ profile, worker: "shared" });
	await createAccount(tab, "Ada");
	indexedDB.deleteDatabase(profile);
	await expect.poll(() => tab.engine.view(), patience).toEqual({ phase: "broken", reason: "storageLost" });
	expect(await tab.engine.createAccount({ name: "Ada", home })).toEqual({ ok: false, error: { kind: "notReady" } });
});

test("two people of one server come together, by a link that names the server otherwise too; of another server's they are told", async () => {
	const [ada, bob] = [
		await openTab({ profile: fresh(), worker: "shared" }),
		await openTab({ profile: fresh(), worker: "own" }),
	];
	const link = await createAccount(ada, "Ada");
	await createAccount(bob, "Bob");
	const stranger = link
		.replace(/#.{20}/, (start) => `${start.slice(0, 10)}AAAAAAAAAAA`)
		.replace(home, "https://other.example");
	expect(await bob.engine.addContact(stranger)).toEqual({ ok: false, error: { kind: "otherServer" } });
	const added = await bob.engine.addContact(link.replace(home, "https://its-other-name.example"));
	if (!added.ok) throw new Error(added.error.kind);
	await expect.poll(() => ada.views.at(-1), patience).toMatchObject({ requests: [{ person: { name: "Bob" } }] });
	const view = await ada.engine.view();
	if (view.phase !== "ready") throw new Error(view.phase);
	const accepted = await ada.engine.acceptRequest(view.requests[0]?.id ?? "");
	if (!accepted.ok) throw new Error(accepted.error.kind);
	await ada.engine.sendMessage(accepted.value.conversation, "hello Bob");
	const texts = async () => {
		const { items } = await bob.engine.history(added.value.conversation);
		return items.flatMap((item) => (item.kind === "message" ? [item.text] : []));
	};
	await expect.poll(texts, patience).toEqual(["hello Bob"]);
});

test("a page without a secure context is told that nothing can be kept", async () => {
	const { connectEngine } = await import("./connect-engine.ts");
	const original = Object.getOwnPropertyDescriptor(globalThis, "isSecureContext");
	Object.defineProperty(globalThis, "isSecureContext", { value: false, configurable: true });
	try {
		expect(await connectEngine().view()).toEqual({ phase: "broken", reason: "storageUnavailable" });
	} finally {
		if (original !== undefined) Object.defineProperty(globalThis, "isSecureContext", original);
	}
});
