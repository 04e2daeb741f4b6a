import { percentWords } from "../words/format.ts";

type ProgressProps = {
	/** What goes on, heard with the bar. */
	readonly name: string;
	/** 0 to 1; undefined: on its way, nobody knows how far. */
	readonly share: number | undefined;
};

/** A bar that fills. */
export function Progress({ name, share }: ProgressProps) {
	return (
		<progress
			className="progress"
			aria-label={name}
			max={1}
			{...(share === undefined ? {} : { value: share, "aria-valuetext": percentWords(share) })}
		/>
	);
}
