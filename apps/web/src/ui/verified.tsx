import { words } from "../words/index.ts";

/** The small mark beside a name whose safety number was compared. */
export function Verified({ size = 16 }: { readonly size?: number }) {
	return (
		<svg
			className="verified-mark"
			width={size}
			height={size}
			viewBox="0 0 16 16"
			role="img"
			aria-label={words.people.verified}
		>
			<circle cx="8" cy="8" r="7" fill="currentColor" />
			<path
				d="m5 8.2 2.1 2.1L11 6.2"
				fill="none"
				stroke="var(--paper)"
				strokeWidth="1.7"
				strokeLinecap="round"
				strokeLinejoin="round"
			/>
		</svg>
	);
}
