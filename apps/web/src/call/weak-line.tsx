import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import type { CallControls, CallSessionView } from "./session.ts";

/** Whose line is weak, in one sentence: one's own comes first, because there one can do something. */
export type WeakLine =
	| { readonly whose: "nobody" }
	| { readonly whose: "ours"; readonly withCamera: boolean }
	| { readonly whose: "theirs"; readonly name: string }
	| { readonly whose: "several" };

export function weakLineOf({
	quality,
	camera,
	remotes,
}: Pick<CallSessionView, "quality" | "camera" | "remotes">): WeakLine {
	if (quality.word === "reconnecting") return { whose: "nobody" };
	if (quality.word === "weak" || quality.word === "bad") return { whose: "ours", withCamera: camera.phase === "on" };
	const [first, ...more] = remotes.filter(({ weakLine }) => weakLine);
	if (first === undefined) return { whose: "nobody" };
	return more.length > 0 ? { whose: "several" } : { whose: "theirs", name: first.person.name };
}

type NoteProps = { readonly media: CallSessionView; readonly controls: CallControls };

/** Says it, and offers the one thing that helps. */
export function WeakLineNote({ media, controls }: NoteProps) {
	const weak = weakLineOf(media);
	if (weak.whose === "nobody") return null;
	if (weak.whose === "ours" && weak.withCamera)
		return (
			<div className="stage-note with-button">
				<Icon name="weakLine" size={18} />
				<span>{words.call.weakOwnWithCamera}</span>
				<Button compact onPress={() => controls.setCamera(false)}>
					{words.call.cameraOff}
				</Button>
			</div>
		);
	return (
		<p className="stage-note">
			<Icon name="weakLine" size={18} />
			{sentenceOf(weak)}
		</p>
	);
}

function sentenceOf(weak: Exclude<WeakLine, { readonly whose: "nobody" }>): string {
	switch (weak.whose) {
		case "ours":
			return words.call.weakOwn;
		case "theirs":
			return words.call.weakTheirs(weak.name);
		case "several":
			return words.call.weakSeveral;
	}
}
