import { joinSignatureLabel, joinSignedMessage } from "@sotto/api";
import { copyBytes } from "@sotto/bytes";
import type { CallKey, CallMedia, PersonView, SottoClient } from "@sotto/client";
import { signWith } from "@sotto/crypto";
import { CallBases } from "../../media/call-bases.ts";
import { startFrameWorker } from "./frame-worker-script.ts";
import type { MediaSession, RosterPort } from "./media-session.ts";
import type { RoomAccess } from "./peer.ts";
import { joinRoom } from "./session.ts";
import { protectByWorker } from "./worker-protection.ts";

/** The part of the engine that a call's media speaks to. */
export type CallEngine = Pick<SottoClient, "callMedia" | "sealRoster" | "openRoster" | "sync">;

export type CallMediaSession = MediaSession<PersonView> & {
	/** The engine said that the call's room or keys are others now (K2): fetches them, and joins the new room if it is one. */
	readonly refresh: () => Promise<void>;
};

/**
 * The media of one call, from the engine's {@link CallMedia}: joins its room, keys its worker, binds its participants to people
 * by the roster. Starts at once; what goes wrong shows in the session's view.
 */
export function joinCall(
	engine: CallEngine,
	call: CallKey,
	wants: { readonly microphone: boolean; readonly camera: boolean },
): CallMediaSession {
	const protection = protectByWorker(startFrameWorker());
	const keys = new CallBases(protection);
	let roomKey = "";

	async function fetchMedia(): Promise<RoomAccess | undefined> {
		const answer = await engine.callMedia(call);
		if (!answer.ok) return undefined;
		const newRoomKey = answer.value.joinPublicKey.join();
		await keys.give(answer.value, roomKey === newRoomKey);
		roomKey = newRoomKey;
		return accessOf(answer.value);
	}
	const session = joinRoom<PersonView>({
		access: fetchMedia,
		protection,
		roster: rosterOf(engine, call),
		...wants,
		async catchUp() {
			await engine.sync();
			await refresh();
			return keys.newest;
		},
		chance: Math.random,
	});
	async function refresh(): Promise<void> {
		const before = roomKey;
		await fetchMedia();
		if (roomKey !== before) session.moveOn();
	}
	return Object.assign(session, { refresh });
}

function accessOf(media: CallMedia): RoomAccess {
	return {
		createUrl: media.createUrl,
		joinUrl: media.joinUrl,
		joinPublicKey: media.joinPublicKey,
		signJoin: (nonce, participantId, fingerprint) =>
			signWith(joinSignatureLabel, media.joinKey, joinSignedMessage(nonce, participantId, fingerprint)),
	};
}

function rosterOf(engine: CallEngine, call: CallKey): RosterPort<PersonView> {
	return {
		async seal(entry) {
			const sealed = await engine.sealRoster(call, entry);
			return sealed.ok ? sealed.value : undefined;
		},
		async open(frame) {
			const opened = await engine.openRoster(call, copyBytes(frame));
			return opened.ok ? opened.value : undefined;
		},
	};
}
