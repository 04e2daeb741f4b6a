import { type Line, startLine } from "./line.ts";

/** The lines of a call's joinings. Starting one takes many seconds on a busy machine, and a joining has only a few. */
export class Lines {
	/** Started ahead of need. */
	#next: Line | undefined = startLine();
	/** That of a joining which ended before it had an offer. A certificate is shown to one room only (K6). */
	#unused: { readonly line: Line; readonly roomKey: string } | undefined;

	/** Resolves when the first one can be used, or cannot be started. */
	async started(): Promise<void> {
		await Promise.race([this.#next?.ready, this.#next?.gone]);
	}

	/** For a joining of this room. */
	take(roomKey: string): Line {
		const unused = this.#unused;
		this.#unused = undefined;
		if (unused !== undefined && unused.roomKey === roomKey && !unused.line.isLost()) return unused.line;
		void unused?.line.close();
		const line = this.#next ?? startLine();
		this.#next = undefined;
		return line;
	}

	giveBack(line: Line, roomKey: string): void {
		this.#unused = { line, roomKey };
	}

	/** To be called when the joining stands: not while it needs the machine itself. */
	prepare(): void {
		this.#next ??= startLine();
	}

	close(): void {
		void this.#next?.close();
		void this.#unused?.line.close();
	}
}
