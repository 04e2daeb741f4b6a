/** A request of the app, as Chromium's own log of the network has it. */
export type Ask = { readonly url: string; readonly initiator: string };

type Log = {
	readonly constants: { readonly logEventTypes: { readonly [name: string]: number } };
	readonly events: readonly { readonly type: number; readonly params?: { readonly [name: string]: unknown } }[];
};

/**
 * The requests that web pages and their workers made, in the order in which they left: of pages, shared workers, sockets alike.
 * What the browser asks on its own account names no initiator and is left out, and so are extensions' pages.
 */
export function readAsked(text: string): readonly Ask[] {
	const log = parseLog(text);
	const started = log.constants.logEventTypes["URL_REQUEST_START_JOB"];
	return log.events.flatMap(({ type, params }) => {
		const [url, initiator] = [params?.["url"], params?.["initiator"]];
		if (type !== started || typeof url !== "string" || typeof initiator !== "string") return [];
		return /^https?:/.test(initiator) ? [{ url, initiator }] : [];
	});
}

/** A browser that was ended in a hurry leaves the last brackets out. */
function parseLog(text: string): Log {
	try {
		return JSON.parse(text) as Log;
	} catch {
		return JSON.parse(`${text.trimEnd().replace(/,$/, "")}]}`) as Log;
	}
}
