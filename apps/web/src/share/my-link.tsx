import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { words } from "../words/index.ts";
import { copyText } from "./copy.ts";
import { Qr } from "./qr.tsx";
import "./share.css";

type MyLinkProps = {
	readonly link: string;
	/** With the button "Share my link" itself, where no other one leads here. */
	readonly shareButton?: boolean;
};

type Copying = "not yet" | "copied" | "refused";

/** One's own contact link: as a code to scan, as text, to copy, to hand to another app. */
export function MyLink({ link, shareButton = false }: MyLinkProps) {
	const [copying, setCopying] = useState<Copying>("not yet");
	const copy = async () => setCopying((await copyText(link)) ? "copied" : "refused");
	const share = async () => {
		if (typeof navigator.share !== "function") return copy();
		try {
			await navigator.share({ title: words.share.nativeTitle, url: link });
		} catch {
			// The person closed the device's sheet, or it cannot take links: the text is still here.
		}
	};
	return (
		<div className="my-link">
			<Qr text={link} label={words.share.qrLabel} />
			<div className="my-link-line">
				<Field label={words.share.field} hideLabel value={link} isReadOnly onFocus={selectAll} />
				<Button onPress={() => void copy()} icon={copying === "copied" ? "check" : "copy"}>
					{copying === "copied" ? words.common.copied : words.share.copy}
				</Button>
			</div>
			{shareButton ? (
				<Button look="primary" onPress={() => void share()}>
					{words.share.share}
				</Button>
			) : null}
			<p className="small quiet" role="status">
				{copying === "copied" ? words.share.copied : copying === "refused" ? words.share.copyFailed : words.share.body}
			</p>
		</div>
	);
}

function selectAll(event: React.FocusEvent<Element>): void {
	if (event.target instanceof HTMLInputElement) event.target.select();
}
