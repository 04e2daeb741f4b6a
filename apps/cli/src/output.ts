/** Where a command writes: text for people, or with --json one object per line. Nothing but results goes to stdout. */
export type Output = {
	/** Writes a result in the form that was asked for; `text` undefined: nothing to tell a person. */
	readonly result: (json: { readonly [key: string]: unknown }, text: string | undefined) => void;
	/** A line that is the same in both forms. */
	readonly line: (line: string) => void;
	/** Something a person wants to know on the way; nothing in JSON. */
	readonly remark: (text: string) => void;
	readonly asJson: () => Output;
};

/** The output of a command line; `write` takes whole lines. */
export function createOutput(write: (line: string) => void, isJson = false): Output {
	return {
		result: (json, text) => {
			if (isJson) write(JSON.stringify(json));
			else if (text !== undefined) write(printable(text));
		},
		line: write,
		remark: (text) => {
			if (!isJson) write(printable(text));
		},
		asJson: () => createOutput(write, true),
	};
}

/** What others wrote must not command the terminal: control characters but line breaks and tabs become visible. */
export function printable(text: string): string {
	// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
	return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
		return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
	});
}
