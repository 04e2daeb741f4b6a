import type { ConversationView } from "@sotto/client";
import { lazy, Suspense } from "react";
import { useReady } from "../engine/client.tsx";
import { words } from "../words/index.ts";

const DeleteConversation = lazy(() =>
	import("../groups/group-details.tsx").then((details) => ({ default: details.DeleteConversation })),
);

/** How one went: by oneself, put out by somebody, or unknown. */
function departureWords({ last }: ConversationView, me: string): string {
	if (last?.kind !== "event" || last.person?.account !== me) return words.groups.removed;
	if (last.event === "personLeft") return words.groups.left;
	return last.event === "personRemoved" && last.by !== undefined
		? words.groups.removedBy(last.by.name)
		: words.groups.removed;
}

/** Stands where the field was, once one is no longer in a group. */
export function Departed({ conversation }: { readonly conversation: ConversationView }) {
	const { me } = useReady();
	return (
		<div className="departed" role="status">
			<p>
				<bdi>{departureWords(conversation, me.account)}</bdi> <span className="quiet">{words.groups.leftBody}</span>
			</p>
			<Suspense>
				<DeleteConversation conversation={conversation} />
			</Suspense>
		</div>
	);
}
