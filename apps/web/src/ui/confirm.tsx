import type { CommandResult } from "@sotto/client";
import { useCommand } from "../engine/command.ts";
import { words } from "../words/index.ts";
import { Button } from "./button.tsx";
import { Problem } from "./field.tsx";
import { Sheet } from "./sheet.tsx";

type ConfirmProps = {
	readonly title: string;
	/** What it does, before it is done. */
	readonly body: string;
	/** The button's verb. */
	readonly action: string;
	readonly onAct: () => Promise<CommandResult>;
	readonly onClose: () => void;
};

/** Asks once before something that cannot be taken back. */
export function Confirm({ title, body, action, onAct, onClose }: ConfirmProps) {
	const { busy, problem, run } = useCommand();
	const act = async () => {
		const done = await run(onAct());
		if (done.ok) onClose();
	};
	return (
		<Sheet title={title} onClose={onClose} role="alertdialog">
			<p className="confirm-body">
				<bdi>{body}</bdi>
			</p>
			<Problem text={problem} />
			<div className="sheet-buttons">
				<Button onPress={onClose}>{words.common.cancel}</Button>
				<Button look="danger" isDisabled={busy} onPress={() => void act()}>
					{action}
				</Button>
			</div>
		</Sheet>
	);
}
