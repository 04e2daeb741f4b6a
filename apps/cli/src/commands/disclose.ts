import { resolve } from "node:path";
import { type DisclosureScope, disclose as discloseStored } from "@sotto/storage";
import { type Command, type Given, jsonOption, Refused, UsageError } from "../command.ts";

export const disclose: Command = {
	name: "disclose",
	words: [],
	summary: "prints everything that a server holds: what a court would get",
	details: [
		"One line of canonical JSON for each row, byte strings in hex. Ids are 64 hex digits, or how they begin, as the app's",
		"'What the server sees' shows them. Nothing that the server has stored is left out; the server may run meanwhile.",
	],
	options: {
		log: { value: "ID", help: "what is stored under this log" },
		blob: { value: "ID", help: "what is stored under this blob" },
		all: { help: "everything, with the files of the data folder" },
		data: { value: "DIR", help: "the server's data folder (default ./data)" },
		json: jsonOption,
	},
	examples: ["sotto disclose --all --json", "sotto disclose --log 3fa1b2c3 --data /srv/sotto"],
	run: async (given) => {
		const scope = scopeOf(given);
		const folder = resolve(given.text("data") ?? "data");
		// The same lines with and without --json: a disclosure has one form.
		const disclosed = discloseStored(folder, scope, given.output.line);
		if (disclosed.ok && disclosed.value.lines > 0) return;
		if (disclosed.ok) throw new Refused("Nothing is stored under that id.");
		if (disclosed.error.kind === "noData") throw new Refused(`${folder} is not the data folder of a server.`);
		throw new Refused(`The data in ${folder} cannot be read: ${disclosed.error.message}`);
	},
};

function scopeOf(given: Given): DisclosureScope {
	const [log, blob] = [given.text("log"), given.text("blob")];
	const count = [log, blob, given.isSet("all") || undefined].filter((one) => one !== undefined).length;
	if (count !== 1) throw new UsageError("say one of --log ID, --blob ID, --all");
	const id = log ?? blob;
	if (id === undefined) return { kind: "all" };
	if (!/^[0-9a-fA-F]{8,64}$/.test(id)) throw new UsageError("an id is 8 to 64 hex digits");
	return { kind: log === undefined ? "blob" : "log", idPrefix: id };
}
