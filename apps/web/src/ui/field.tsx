import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField, type TextFieldProps } from "react-aria-components/TextField";
import { Icon } from "./icons.tsx";

export type FieldProps = Omit<TextFieldProps, "className" | "children"> & {
	readonly label: string;
	readonly hint?: string | undefined;
	readonly problem?: string | undefined;
	readonly placeholder?: string;
	readonly hideLabel?: boolean;
};

/** One line of text with its label, a hint below, and a problem that is announced when it appears. */
export function Field({ label, hint, problem, placeholder, hideLabel = false, ...rest }: FieldProps) {
	return (
		<div className="field-box">
			{/* "aria": with the default, a problem that is shown would keep its form from being sent again. */}
			<TextField {...rest} className="field" validationBehavior="aria" isInvalid={problem !== undefined}>
				<Label className={hideLabel ? "only-heard" : "label"}>{label}</Label>
				<Input className="input" {...(placeholder === undefined ? {} : { placeholder })} />
				{hint === undefined ? null : (
					<Text slot="description" className="hint">
						{hint}
					</Text>
				)}
			</TextField>
			<Problem text={problem} />
		</div>
	);
}

/** What went wrong, in words; the place stays in the page so that its filling is heard. */
export function Problem({ text }: { readonly text: string | undefined }) {
	return (
		<div role="alert" className="problem-place">
			{text === undefined ? null : (
				<p className="problem">
					<Icon name="warning" size={18} />
					{text}
				</p>
			)}
		</div>
	);
}
