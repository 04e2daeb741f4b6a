import type { Route } from "@sotto/api";
import { shortId } from "@sotto/bytes";
import type { LedgerEntry } from "../sdk.ts";

type Seen = Pick<LedgerEntry, "action" | "saw">;
type Field = LedgerEntry["saw"][number];

const actions: { readonly [path: string]: LedgerEntry["action"] } = {
	"/v1/log/create": "createLog",
	"/v1/log/append": "append",
	"/v1/log/read": "read",
	"/v1/log/trim": "trim",
	"/v1/log/delete": "deleteLog",
	"/v1/blob/put": "putBlob",
	"/v1/blob/get": "getBlob",
	"/v1/ring": "ring",
	"/v1/notifier/key": "notifierKey",
};

/**
 * What the role that answered could note of a request: its random id, sizes and counts. Capabilities prove a right and are
 * compared by hash; they identify nobody and are left out, as the home itself leaves them out.
 */
export function describeRequest(
	route: Pick<Route<unknown, unknown>, "path">,
	request: object,
	response: unknown,
	requestBytes: number,
): Seen {
	const action = actions[route.path] ?? "read";
	const saw: Field[] = [];
	const field = (name: string): unknown => Reflect.get(request, name);
	const id = (key: "log" | "blob", value: unknown) => {
		if (value instanceof Uint8Array) saw.push({ field: key, value: shortId(value) });
	};
	id("log", field("logId"));
	id("blob", field("blobId"));
	const payload = field("record") ?? field("chunk") ?? field("hint");
	saw.push({ field: "bytes", value: payload instanceof Uint8Array ? payload.length : requestBytes });
	const records = typeof response === "object" && response !== null ? Reflect.get(response, "records") : undefined;
	if (Array.isArray(records)) saw.push({ field: "records", value: records.length });
	const urgency = field("urgency");
	if (typeof urgency === "string") saw.push({ field: "urgency", value: urgency });
	return { action, saw };
}
