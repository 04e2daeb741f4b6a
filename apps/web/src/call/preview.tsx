import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { words } from "../words/index.ts";

type Corner = { readonly inline: "start" | "end"; readonly block: "start" | "end" };

/** One's own picture: small, mirrored, in one of the four corners, by hand or by arrow keys. */
export function Preview({ stream, name }: { readonly stream: MediaStream; readonly name: string }) {
	const video = useRef<HTMLVideoElement>(null);
	const [corner, setCorner] = useState<Corner>({ inline: "end", block: "end" });
	const drag = useDrag(setCorner);
	useEffect(() => {
		if (video.current === null) return;
		video.current.srcObject = stream;
		void video.current.play().catch(() => undefined);
	}, [stream]);

	const onKeyDown = (event: KeyboardEvent) => {
		const rightToLeft = words.direction === "rtl";
		const moves: Record<string, Partial<Corner>> = {
			ArrowLeft: { inline: rightToLeft ? "end" : "start" },
			ArrowRight: { inline: rightToLeft ? "start" : "end" },
			ArrowUp: { block: "start" },
			ArrowDown: { block: "end" },
		};
		const move = moves[event.key];
		if (move === undefined) return;
		event.preventDefault();
		setCorner((was) => ({ ...was, ...move }));
	};
	return (
		<div
			className="preview"
			data-inline={corner.inline}
			data-block={corner.block}
			tabIndex={0}
			role="group"
			aria-label={words.call.preview}
			onKeyDown={onKeyDown}
			{...drag}
		>
			<video ref={video} autoPlay playsInline muted aria-label={name} data-local="video" />
		</div>
	);
}

/** Follows the pointer and settles in the nearest corner. */
function useDrag(settle: (corner: Corner) => void) {
	const from = useRef<{ readonly x: number; readonly y: number }>(undefined);
	return {
		onPointerDown: (event: PointerEvent<HTMLElement>) => {
			from.current = { x: event.clientX, y: event.clientY };
			event.currentTarget.setPointerCapture(event.pointerId);
			event.currentTarget.dataset["dragging"] = "";
		},
		onPointerMove: (event: PointerEvent<HTMLElement>) => {
			if (from.current === undefined) return;
			const { x, y } = from.current;
			event.currentTarget.style.translate = `${event.clientX - x}px ${event.clientY - y}px`;
		},
		onPointerUp: (event: PointerEvent<HTMLElement>) => {
			if (from.current === undefined) return;
			from.current = undefined;
			const element = event.currentTarget;
			const box = element.getBoundingClientRect();
			const right = box.left + box.width / 2 > innerWidth / 2;
			const low = box.top + box.height / 2 > innerHeight / 2;
			element.style.translate = "";
			delete element.dataset["dragging"];
			const atEnd = right === (words.direction === "ltr");
			settle({ inline: atEnd ? "end" : "start", block: low ? "end" : "start" });
		},
	};
}
