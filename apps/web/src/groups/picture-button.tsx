import { useState } from "react";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { Button as AriaButton } from "react-aria-components/Button";
import { decodePicture } from "../engine/pictures.ts";
import { PictureAvatar } from "../ui/conversation-avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import { cropPicture } from "./crop-picture.ts";

const acceptedTypes = ["image/*"];

type Picked = { readonly bytes: Uint8Array<ArrayBuffer>; readonly picture: ImageBitmap };

/** Reads a file that was chosen; undefined if it holds no picture. */
export async function readPicture(files: FileList | null): Promise<Picked | undefined> {
	const file = files?.[0];
	const bytes = file === undefined ? undefined : await cropPicture(file);
	const picture = bytes === undefined ? undefined : await decodePicture(bytes);
	return bytes === undefined || picture === undefined ? undefined : { bytes, picture };
}

type ButtonProps = {
	readonly size: number;
	readonly onPicked: (bytes: Uint8Array<ArrayBuffer>) => void;
	readonly onProblem: (problem: string | undefined) => void;
};

/** A round place for a new group's picture. */
export function PictureButton({ size, onPicked, onProblem }: ButtonProps) {
	const [shown, setShown] = useState<ImageBitmap>();
	const choose = async (files: FileList | null) => {
		if (files === null || files.length === 0) return;
		const picked = await readPicture(files);
		onProblem(picked === undefined ? words.groups.pictureUnreadable : undefined);
		if (picked === undefined) return;
		setShown(picked.picture);
		onPicked(picked.bytes);
	};
	return (
		<FileTrigger acceptedFileTypes={acceptedTypes} onSelect={(files) => void choose(files)}>
			<AriaButton
				className="picture-button"
				aria-label={shown === undefined ? words.groups.picture : words.groups.pictureChange}
			>
				{shown === undefined ? <Icon name="image" size={26} /> : <PictureAvatar picture={shown} size={size} />}
			</AriaButton>
		</FileTrigger>
	);
}
