/** What calls for attention: sounds, notifications of the system, the count in the page's title, sentences for screen readers. */
import type { ClientEvent, ReadyView } from "@sotto/client";
import { useEffect } from "react";
import { incomingWords } from "../call/ringing-words.ts";
import { askWords } from "../chats/requests.tsx";
import { useClient, useReady } from "../engine/client.tsx";
import { playSound } from "../sound/sounds.ts";
import { preferences } from "../state/preferences.ts";
import { isLookedAt } from "../state/screen.ts";
import { say } from "../ui/heard.tsx";
import { words } from "../words/index.ts";
import { useWaiting } from "./rail.tsx";

/** A notification of the system, if the person wanted them and looks elsewhere. Generic words unless names were asked for. */
export function notifyOutside(generic: string, named: string, tag: string): void {
	const { notify, notifyNames } = preferences();
	if (!notify || isLookedAt() || !("Notification" in globalThis) || Notification.permission !== "granted") return;
	try {
		const shown = new Notification(words.appName, { body: notifyNames ? named : generic, tag, icon: "/icon.svg" });
		shown.addEventListener("click", () => {
			window.focus();
			shown.close();
		});
	} catch {
		// Some phones allow notifications only from a service worker.
	}
}

function onEvent(event: ClientEvent): void {
	if (event.kind === "arrived" && event.item.kind === "message") {
		const { author, text } = event.item;
		playSound("message");
		say(words.conversation.arrived(author.name, text));
		notifyOutside(words.notices.message, words.notices.messageFrom(author.name), event.conversation);
	}
	if (event.kind === "requested") {
		const { name } = event.request.person;
		playSound("message");
		say(askWords(event.request));
		notifyOutside(words.notices.request, words.notices.requestFrom(name), "request");
	}
}

function titleOf(waiting: number, call: ReadyView["call"]): string {
	if (call?.phase.name === "ringing" && call.direction === "incoming") return incomingWords(call);
	return waiting > 0 ? `(${waiting}) ${words.appName}` : words.appName;
}

/** Mounted once, inside the shell. */
export function useAttention(): void {
	const client = useClient();
	const { call } = useReady();
	const waiting = useWaiting();
	useEffect(() => client.onEvent(onEvent), [client]);
	useEffect(() => {
		document.title = titleOf(waiting, call);
	}, [waiting, call]);
}
