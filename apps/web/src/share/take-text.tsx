import { type FormEvent, lazy, type ReactNode, Suspense, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Field, type FieldProps } from "../ui/field.tsx";
import "./share.css";

const Scanner = lazy(() => import("./scanner.tsx"));

type TakeTextProps = Omit<FieldProps, "value" | "onChange"> & {
	readonly value: string;
	readonly onChange: (text: string) => void;
	/** What stands in the field, sent off, or was scanned. */
	readonly onTake: (text: string) => void;
	readonly action: string;
	readonly scanAction: string;
	/** Above the field. */
	readonly children?: ReactNode;
};

/** What another screen shows: typed or pasted into a field, or scanned. */
export function TakeText({ onTake, action, scanAction, children, ...field }: TakeTextProps) {
	const [scanning, setScanning] = useState(false);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		onTake(field.value);
	};
	const scanned = (text: string) => {
		setScanning(false);
		field.onChange(text);
		onTake(text);
	};
	return (
		<form className="take-text" noValidate onSubmit={submit}>
			{children}
			<Field autoComplete="off" spellCheck="false" {...field} />
			<div className="take-text-row">
				<Button type="submit" look={field.value.trim() === "" ? "quietly" : "primary"}>
					{action}
				</Button>
				<Button look="plain" icon="qr" onPress={() => setScanning((on) => !on)} aria-expanded={scanning}>
					{scanAction}
				</Button>
			</div>
			{scanning ? (
				<Suspense>
					<Scanner onText={scanned} />
				</Suspense>
			) : null}
		</form>
	);
}
