/** A command as a form uses it: one at a time, with the sentence for a refusal. */
import type { CommandResult } from "@sotto/client";
import { useCallback, useState } from "react";
import { errorWords } from "./client.tsx";

export type Command = {
	readonly busy: boolean;
	/** Why the last one was refused; undefined while it was not. */
	readonly problem: string | undefined;
	readonly setProblem: (problem: string | undefined) => void;
	/** Waits for the command and keeps its refusal as {@link Command.problem}. */
	readonly run: <T>(command: Promise<CommandResult<T>>) => Promise<CommandResult<T>>;
};

export function useCommand(): Command {
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<string>();
	const run = useCallback(async <T>(command: Promise<CommandResult<T>>) => {
		setBusy(true);
		setProblem(undefined);
		const done = await command;
		setBusy(false);
		if (!done.ok) setProblem(errorWords(done.error));
		return done;
	}, []);
	return { busy, problem, setProblem, run };
}
