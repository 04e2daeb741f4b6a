import type { ConversationView } from "@sotto/client";
import { type CSSProperties, useEffect, useRef } from "react";
import { usePicture } from "../engine/pictures.ts";
import { Avatar } from "./avatar.tsx";

type Faces = Pick<ConversationView, "kind" | "title" | "people">;
type ComposedProps = { readonly of: Faces; readonly size?: number };

/** A person, or two of a group's people, one before the other. */
export function ComposedAvatar({ of: { kind, title, people }, size = 44 }: ComposedProps) {
	const [first, second] = people;
	if (kind === "direct" || first === undefined || second === undefined)
		return <Avatar name={title} hue={first?.hue ?? 195} size={size} />;
	const small = Math.round(size * 0.66);
	return (
		<span className="avatar-pair" style={{ "--avatar": `${size}px` } as CSSProperties} aria-hidden="true">
			<Avatar name={second.name} hue={second.hue} size={small} />
			<Avatar name={first.name} hue={first.hue} size={small} />
		</span>
	);
}

type AvatarProps = { readonly conversation: ConversationView; readonly size?: number };

/** A conversation's face: the group's picture, else its people. Decoration, since the title always stands beside it. */
export function ConversationAvatar({ conversation, size = 44 }: AvatarProps) {
	const picture = usePicture(conversation);
	return picture === undefined ? (
		<ComposedAvatar of={conversation} size={size} />
	) : (
		<PictureAvatar picture={picture} size={size} />
	);
}

/** A picture, cut to a circle from its middle. */
export function PictureAvatar({ picture, size = 44 }: { readonly picture: ImageBitmap; readonly size?: number }) {
	const canvas = useRef<HTMLCanvasElement>(null);
	const pixels = Math.round(size * Math.min(3, Math.max(1, devicePixelRatio)));
	useEffect(() => {
		const context = canvas.current?.getContext("2d");
		if (context === null || context === undefined) return;
		const side = Math.min(picture.width, picture.height);
		const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
		context.imageSmoothingQuality = "high";
		context.clearRect(0, 0, pixels, pixels);
		context.drawImage(picture, left, top, side, side, 0, 0, pixels, pixels);
	}, [picture, pixels]);
	const look = { "--avatar": `${size}px` } as CSSProperties;
	return (
		<canvas ref={canvas} className="avatar picture" style={look} width={pixels} height={pixels} aria-hidden="true" />
	);
}
