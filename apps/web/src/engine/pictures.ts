/** Groups' pictures, decoded once per version. Drawn on canvases: the page's policy lets no image in but the app's own. */
import type { ConversationView, SottoClient } from "@sotto/client";
import { useEffect, useState } from "react";
import { useClient } from "./client.tsx";

/** More than fit on a screen; the oldest go first. */
const keptMost = 100;
const kept = new Map<string, Promise<ImageBitmap | undefined>>();

/** Undefined where the bytes are no picture. */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>): Promise<ImageBitmap | undefined> {
	try {
		return await createImageBitmap(new Blob([bytes]));
	} catch {
		return undefined;
	}
}

async function fetchPicture(client: SottoClient, { id }: ConversationView): Promise<ImageBitmap | undefined> {
	const found = await client.picture(id);
	return found.ok ? decodePicture(found.value.bytes) : undefined;
}

function pictureOf(client: SottoClient, conversation: ConversationView, pictureId: string) {
	const known = kept.get(pictureId);
	if (known !== undefined) return known;
	const fetched = fetchPicture(client, conversation);
	kept.set(pictureId, fetched);
	// What could not be had is asked for again the next time.
	void fetched.then((picture) => picture ?? kept.delete(pictureId));
	const [oldest] = kept.keys();
	if (kept.size > keptMost && oldest !== undefined) kept.delete(oldest);
	return fetched;
}

/** A group's picture; undefined while it has none, or is not here yet. */
export function usePicture(conversation: ConversationView): ImageBitmap | undefined {
	const client = useClient();
	const [shown, setShown] = useState<{ readonly pictureId: string; readonly picture: ImageBitmap | undefined }>();
	const { id, pictureId } = conversation;
	useEffect(() => {
		if (pictureId === undefined) return;
		let current = true;
		void pictureOf(client, conversation, pictureId).then((picture) => {
			if (current) setShown({ pictureId, picture });
		});
		return () => {
			current = false;
		};
		// A change of anything else of the conversation brings no other picture.
		// oxlint-disable-next-line react/exhaustive-deps
	}, [client, id, pictureId]);
	return shown?.pictureId === pictureId ? shown?.picture : undefined;
}
