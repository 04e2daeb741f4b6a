import type { CallKey, ConversationId } from "@sotto/client";
import { useCallback } from "react";
import { errorWords, useClient } from "../engine/client.tsx";
import { unlockSound } from "../sound/sounds.ts";
import { notice } from "../ui/notice.tsx";
import { ownCall } from "./stage.ts";

/** Starts a call from anywhere; its media belongs to this page. A refusal is said. */
export function useStartCall(): (conversation: ConversationId, video: boolean) => Promise<void> {
	const client = useClient();
	return useCallback(
		async (conversation, video) => {
			unlockSound();
			const started = await client.startCall(conversation, { video });
			if (started.ok) ownCall({ call: started.value.call, camera: video });
			else notice(errorWords(started.error));
		},
		[client],
	);
}

/** Joins the call that goes on in a conversation, with sound; nobody is rung. */
export function useJoinCall(): (conversation: ConversationId) => Promise<void> {
	const client = useClient();
	return useCallback(
		async (conversation) => {
			unlockSound();
			const joined = await client.joinCall(conversation, { video: false });
			if (joined.ok) ownCall({ call: joined.value.call, camera: false });
			else notice(errorWords(joined.error));
		},
		[client],
	);
}

/** Answers a ringing call, with or without the camera. */
export function useAnswerCall(): (call: CallKey, camera: boolean) => Promise<void> {
	const client = useClient();
	return useCallback(
		async (call, camera) => {
			unlockSound();
			ownCall({ call, camera });
			const answered = await client.answerCall(call);
			if (!answered.ok) notice(errorWords(answered.error));
		},
		[client],
	);
}
