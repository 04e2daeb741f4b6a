import { Switch } from "react-aria-components/Switch";
import { useId } from "react";

type ToggleProps = {
	readonly isOn: boolean;
	readonly name: string;
	readonly hint?: string;
	readonly onChange: (on: boolean) => void;
};

/** Something that is on or off. */
export function Toggle({ isOn, name, hint, onChange }: ToggleProps) {
	const id = useId();
	return (
		<Switch
			className="switch"
			isSelected={isOn}
			onChange={onChange}
			aria-label={name}
			{...(hint === undefined ? {} : { "aria-describedby": id })}
		>
			<span className="switch-text">
				<span>{name}</span>
				{hint === undefined ? null : (
					<span className="small quiet" id={id}>
						{hint}
					</span>
				)}
			</span>
			<span className="switch-track" />
		</Switch>
	);
}
