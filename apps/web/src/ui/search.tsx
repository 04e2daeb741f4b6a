import { useRef } from "react";
import { words } from "../words/index.ts";
import { Icon } from "./icons.tsx";

type SearchProps = {
	readonly name: string;
	readonly value: string;
	readonly onChange: (text: string) => void;
	readonly className?: string;
};

/** A field to search with. Escape and the cross empty it; an empty one leaves Escape to what is around it. */
export function Search({ name, value, onChange, className = "" }: SearchProps) {
	const field = useRef<HTMLInputElement>(null);
	return (
		<div className={`search ${className}`}>
			<Icon name="search" size={20} />
			<input
				ref={field}
				type="search"
				className="input"
				aria-label={name}
				placeholder={name}
				value={value}
				onChange={(event) => onChange(event.target.value)}
				onKeyDown={(event) => {
					if (event.key !== "Escape" || value === "") return;
					event.stopPropagation();
					onChange("");
				}}
			/>
			{value === "" ? null : (
				<button
					type="button"
					className="search-clear"
					aria-label={words.common.clearSearch}
					onClick={() => {
						onChange("");
						field.current?.focus();
					}}
				>
					<Icon name="close" size={16} />
				</button>
			)}
		</div>
	);
}
