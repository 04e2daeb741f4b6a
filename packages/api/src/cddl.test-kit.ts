import type { CborValue } from "@sotto/bytes";

/** A type of the part of CDDL (RFC 8610) that our spec pages use. */
export type CddlType =
	| { readonly kind: "bytes"; readonly min: number; readonly max: number }
	| { readonly kind: "text"; readonly min: number; readonly max: number }
	| { readonly kind: "integer"; readonly min: number; readonly max: number }
	| { readonly kind: "bool" }
	| { readonly kind: "literal"; readonly value: string }
	| { readonly kind: "list"; readonly item: CddlType; readonly max: number }
	| { readonly kind: "choice"; readonly of: readonly CddlType[] }
	| {
			readonly kind: "map";
			readonly fields: ReadonlyMap<string, { readonly type: CddlType; readonly optional: boolean }>;
	  };

export type Cddl = ReadonlyMap<string, CddlType>;

/** Reads a page of rules. Throws at anything outside the part we use, so that nothing is passed over. */
export function readCddl(text: string): Cddl {
	const source = text.replace(/;.*$/gm, "");
	const rules = new Map<string, string>();
	for (const [, name, body] of source.matchAll(/^([a-z][a-z-]*) = ([\s\S]*?)(?=^[a-z][a-z-]* = |$(?![\s\S]))/gm))
		rules.set(name as string, (body as string).trim());
	const resolve = (name: string): CddlType => {
		const body = rules.get(name);
		if (body === undefined) throw new Error(`no rule ${name}`);
		return readType(body, resolve);
	};
	return new Map([...rules.keys()].map((name) => [name, resolve(name)]));
}

function readType(text: string, resolve: (name: string) => CddlType): CddlType {
	const body = text.trim();
	const choices = splitOutside(body, "/");
	if (choices.length > 1) return { kind: "choice", of: choices.map((choice) => readType(choice, resolve)) };
	const sized = /^(bstr|tstr) \.size (?:(\d+)|\((\d+)\.\.(\d+)\))$/.exec(body);
	if (sized !== null) {
		const [, name, exact, from, to] = sized;
		const kind = name === "bstr" ? "bytes" : "text";
		return { kind, min: Number(exact ?? from), max: Number(exact ?? to) };
	}
	const range = /^(\d+)(?:\.\.(\d+))?$/.exec(body);
	if (range !== null) return { kind: "integer", min: Number(range[1]), max: Number(range[2] ?? range[1]) };
	const list = /^\[0\*(\d+) (.+)\]$/.exec(body);
	if (list !== null) return { kind: "list", item: readType(list[2] as string, resolve), max: Number(list[1]) };
	const literal = /^"([^"]*)"$/.exec(body);
	if (literal !== null) return { kind: "literal", value: literal[1] as string };
	if (body === "bool") return { kind: "bool" };
	if (body.startsWith("{") && body.endsWith("}")) return readMap(body.slice(1, -1), resolve);
	if (/^[a-z][a-z-]*$/.test(body)) return resolve(body);
	throw new Error(`not in our part of CDDL: ${body}`);
}

function readMap(body: string, resolve: (name: string) => CddlType): CddlType {
	const fields = new Map<string, { type: CddlType; optional: boolean }>();
	for (const entry of splitOutside(body, ",").filter((part) => part.trim() !== "")) {
		const found = /^(\? )?([A-Za-z]+): ([\s\S]+)$/.exec(entry.trim());
		if (found === null) throw new Error(`not a field: ${entry}`);
		const [, optional, name, type] = found;
		fields.set(name as string, { type: readType(type as string, resolve), optional: optional !== undefined });
	}
	return { kind: "map", fields };
}

/** Splits where `separator` stands outside of brackets and quotes. */
function splitOutside(text: string, separator: string): readonly string[] {
	const parts: string[] = [""];
	let depth = 0;
	for (const character of text) {
		if ("{[(".includes(character)) depth++;
		if ("}])".includes(character)) depth--;
		if (character === separator && depth === 0) parts.push("");
		else parts[parts.length - 1] += character;
	}
	return parts;
}

/** Values that the rules allow: at the lower and the upper end of each, with and without what is optional. */
export function allowedValues(type: CddlType): readonly CborValue[] {
	switch (type.kind) {
		case "bytes":
			return [new Uint8Array(type.min), new Uint8Array(type.max)];
		case "text":
			return ["a".repeat(type.min), "a".repeat(type.max)];
		case "integer":
			return [type.min, type.max];
		case "bool":
			return [true, false];
		case "literal":
			return [type.value];
		case "list":
			return [[], Array.from({ length: type.max }, () => allowedValues(type.item)[0] as CborValue)];
		case "choice":
			return type.of.flatMap(allowedValues);
		case "map": {
			const fields = [...type.fields];
			const whole = (end: 0 | -1) =>
				Object.fromEntries(fields.map(([name, field]) => [name, allowedValues(field.type).at(end) as CborValue]));
			const required = fields.filter(([, { optional }]) => !optional);
			const bare = Object.fromEntries(
				required.map(([name, field]) => [name, allowedValues(field.type)[0] as CborValue]),
			);
			return [whole(0), whole(-1), bare];
		}
	}
}

/** Values just outside of what the rules allow: too short, too long, missing, unknown, of another kind. */
export function forbiddenValues(type: CddlType): readonly CborValue[] {
	switch (type.kind) {
		case "bytes":
			return [...(type.min > 0 ? [new Uint8Array(type.min - 1)] : []), new Uint8Array(type.max + 1), "text", 5];
		case "text":
			return ["a".repeat(type.max + 1), new Uint8Array(type.min), 5];
		case "integer":
			return [type.min - 1, type.max + 1, "1", new Uint8Array(1)];
		case "bool":
			return [0, "true"];
		case "literal":
			return [`${type.value}x`, "", 0];
		case "list":
			return [Array.from({ length: type.max + 1 }, () => allowedValues(type.item)[0] as CborValue), 0];
		case "choice":
			return [0, "none of them"];
		case "map":
			return forbiddenMaps(type);
	}
}

function forbiddenMaps(type: Extract<CddlType, { kind: "map" }>): readonly CborValue[] {
	const [whole] = allowedValues(type) as readonly { readonly [key: string]: CborValue }[];
	const fields = [...type.fields];
	const missing = fields
		.filter(([, { optional }]) => !optional)
		.map(([name]) => Object.fromEntries(Object.entries(whole ?? {}).filter(([key]) => key !== name)));
	const wrong = fields.flatMap(([name, field]) =>
		forbiddenValues(field.type).map((value) => ({ ...whole, [name]: value })),
	);
	return [...missing, ...wrong, { ...whole, unheardOf: 1 }, [], "map"];
}
