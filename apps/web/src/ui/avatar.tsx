import type { CSSProperties } from "react";

/** The first letters of the first and last word: "Ada Lovelace" gives AL. Whole graphemes, so that any script works. */
export function initials(name: string): string {
	const parts = name.trim().split(/\s+/u);
	const first = firstGrapheme(parts[0] ?? "");
	const last = parts.length > 1 ? firstGrapheme(parts.at(-1) ?? "") : "";
	return (first + last).toLocaleUpperCase();
}

function firstGrapheme(word: string): string {
	for (const { segment } of new Intl.Segmenter().segment(word)) return segment;
	return "";
}

type AvatarProps = { readonly name: string; readonly hue: number; readonly size?: number };

/** Initials on the person's own hue; decoration, since the name always stands beside it. */
export function Avatar({ name, hue, size = 44 }: AvatarProps) {
	const look = { "--hue": hue, "--avatar": `${size}px` } as CSSProperties;
	return (
		<span className="avatar" style={look} aria-hidden="true">
			{initials(name)}
		</span>
	);
}
