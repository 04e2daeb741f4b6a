import type { CallView, PersonView } from "@sotto/client";
import { useEffect, useRef, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { DialogTrigger } from "react-aria-components/Dialog";
import { useNow } from "../state/screen.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icons.tsx";
import { timer } from "../words/format.ts";
import { words } from "../words/index.ts";
import { connectedSince } from "./call-bar.tsx";
import { useCallKeys } from "./call-keys.ts";
import { layoutOf, type View } from "./layout.ts";
import { LinePanel } from "./line-panel.tsx";
import { Preview } from "./preview.tsx";
import { FloatingReactions, useSignsHeard } from "./reactions.tsx";
import { type CallControls, type CallSessionView, type Quality, reactions } from "./session.ts";
import { canShareScreen, StageBar } from "./stage-bar.tsx";
import { Tiles } from "./tiles.tsx";
import { WeakLineNote } from "./weak-line.tsx";

export type CallScreenProps = {
	readonly call: CallView;
	readonly me: PersonView;
	readonly media: CallSessionView;
	readonly controls: CallControls;
	readonly onHangUp: () => void;
	readonly onMinimise: () => void;
};

/** The dark stage: those one talks with, oneself small, and one bar. */
export function CallScreen(props: CallScreenProps) {
	const { call, me, media, controls, onHangUp } = props;
	const stage = useRef<HTMLElement>(null);
	const { layout, pinned, setPinned, toggleView } = useLayout(media);
	const talking = useKeys(props, toggleView);
	const { localStream } = media;
	const amongOthers = layout.view === "speaker" || layout.places.length > 1;
	useSignsHeard(media.remotes, media.reactions);
	// The keys belong to the stage as long as it is open; so does the focus.
	useEffect(() => stage.current?.focus({ preventScroll: true }), []);

	return (
		<section ref={stage} tabIndex={-1} className="call-stage" aria-label={words.call.region(call.title)}>
			<Head {...props} view={layout.view} onView={canToggle(media) ? toggleView : undefined} />
			<Tiles
				call={call}
				self={
					localStream !== undefined && amongOthers
						? { stream: localStream, muted: media.microphone.phase !== "on" }
						: undefined
				}
				remotes={media.remotes}
				layout={layout}
				pinned={pinned}
				status={statusWords(call, media.remotes.length > 0)}
				onPin={setPinned}
				onShow={controls.show}
			/>
			<FloatingReactions shown={media.reactions} />
			<Notes media={media} controls={controls} talking={talking} />
			{localStream === undefined || amongOthers ? null : <Preview stream={localStream} name={me.name} />}
			<StageBar title={call.title} media={media} controls={controls} talking={talking} onHangUp={onHangUp} />
		</section>
	);
}

/** There is something to choose between. */
function canToggle({ remotes }: CallSessionView): boolean {
	return remotes.length > 1 || remotes.some(({ screenTrack }) => screenTrack !== undefined);
}

function useLayout({ remotes, speaking }: CallSessionView) {
	const [chosen, setChosen] = useState<View>();
	const [pinned, setPinned] = useState<string>();
	const hasScreen = remotes.some(({ screenTrack }) => screenTrack !== undefined);
	const [hadScreen, setHadScreen] = useState(hasScreen);
	// A screen that is shared takes the stage, whatever was looked at before; when it ends, things are as they were at first.
	if (hadScreen !== hasScreen) {
		setHadScreen(hasScreen);
		setChosen(undefined);
		setPinned(undefined);
	}
	const layout = layoutOf(remotes, { chosen, pinned, speaking });
	const toggleView = () => {
		setPinned(undefined);
		setChosen(layout.view === "grid" ? "speaker" : "grid");
	};
	return { layout, pinned, setPinned, toggleView };
}

function useKeys({ media, controls, onHangUp }: CallScreenProps, onView: () => void): boolean {
	return useCallKeys({
		microphoneOn: media.microphone.phase === "on",
		cameraOn: media.camera.phase === "on" || media.camera.phase === "starting",
		onMicrophone: controls.setMicrophone,
		onCamera: controls.setCamera,
		onShare: () => {
			if (canShareScreen()) controls.setScreen(!media.sharing);
		},
		onHand: () => controls.setHand(media.handRaisedAt === undefined),
		onView,
		onReaction: (index) => {
			const emoji = reactions[index];
			if (emoji !== undefined) controls.react(emoji);
		},
		onHangUp,
	});
}

type HeadProps = CallScreenProps & { readonly view: View; readonly onView: (() => void) | undefined };

function Head({ call, media, view, onView, onMinimise }: HeadProps) {
	const now = useNow(1_000);
	const since = connectedSince(call);
	// The engine may know sooner than the measurements that the line is gone.
	const quality: Quality =
		call.phase.name === "reconnecting" ? { ...media.quality, word: "reconnecting" } : media.quality;
	return (
		<header className="stage-head">
			<IconButton name={words.call.minimise} icon="down" className="stage-plain" onPress={onMinimise} />
			<h2 className="stage-title">
				<bdi className="cut">{call.title}</bdi>
			</h2>
			{since === undefined ? null : (
				<p className="stage-time numbers" role="timer">
					{timer(now - since)}
				</p>
			)}
			<span className="stage-space" />
			{onView === undefined ? null : (
				<IconButton
					name={view === "grid" ? words.call.speakerView : words.call.gridView}
					icon={view === "grid" ? "spotlight" : "grid"}
					className="stage-plain"
					onPress={onView}
				/>
			)}
			{since === undefined ? null : (
				<DialogTrigger>
					<AriaButton
						className="line-button"
						data-word={quality.word}
						aria-label={words.call.line(words.call.quality[quality.word])}
					>
						<span className="line-dot" />
						{words.call.quality[quality.word]}
					</AriaButton>
					<LinePanel quality={quality} />
				</DialogTrigger>
			)}
		</header>
	);
}

type NotesProps = {
	readonly media: CallSessionView;
	readonly controls: CallControls;
	readonly talking: boolean;
};

/** What one has to know of oneself: what is shown to the others, and what they do not get. */
function Notes({ media, controls, talking }: NotesProps) {
	const isMuted = media.microphone.phase === "off" && !talking;
	return (
		<div className="stage-notes" role="status">
			{media.outOfStep ? <Trouble sentence={words.call.outOfStep} /> : null}
			<WeakLineNote media={media} controls={controls} />
			{(["microphone", "camera"] as const).map((kind) => {
				const source = media[kind];
				return source.phase === "trouble" ? (
					<Trouble key={kind} sentence={words.trouble[kind][source.trouble]} />
				) : null;
			})}
			{media.sharing ? (
				<div className="stage-note with-button">
					<Icon name="share" size={18} />
					<span>{words.call.sharing}</span>
					<Button compact onPress={() => controls.setScreen(false)}>
						{words.call.stopSharing}
					</Button>
				</div>
			) : null}
			{media.handRaisedAt === undefined ? null : (
				<p className="stage-note">
					<Icon name="hand" size={18} />
					{words.call.handIsUp}
				</p>
			)}
			{talking ? <p className="stage-note">{words.call.talking}</p> : null}
			{isMuted ? <p className="stage-note only-keyboard">{words.call.mutedHint}</p> : null}
		</div>
	);
}

/** What is wrong, and what to do. */
function Trouble({ sentence }: { readonly sentence: string }) {
	return (
		<p className="stage-note trouble">
			<Icon name="warning" size={18} />
			{sentence}
		</p>
	);
}

/** What stands under the name while nobody is heard. */
function statusWords(call: CallView, somebody: boolean): string {
	switch (call.phase.name) {
		case "ringing":
			return words.ringing.outgoing(call.title);
		case "joining":
			return words.call.joining;
		case "reconnecting":
			return words.call.reconnecting;
		case "connected":
			return call.kind === "group" && !somebody ? words.call.alone : "";
		case "ended":
			return "";
	}
}
