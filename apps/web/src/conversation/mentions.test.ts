import { expect, test } from "vitest";
import { ada, grace, long, noor } from "../../test/people.ts";
import { completeMention, mentionable, mentionBefore, mentionParts, mentionsIn } from "./mentions.ts";

const people = [ada, grace, noor, long];

test("an @ at the beginning of a word begins a mention; inside an address it does not", () => {
	expect(mentionBefore("hello @Ad", 9)).toEqual({ at: 6, query: "Ad" });
	expect(mentionBefore("@", 1)).toEqual({ at: 0, query: "" });
	expect(mentionBefore("ada@example.org", 15)).toBeUndefined();
	expect(mentionBefore("@Ada\nnew line", 13)).toBeUndefined();
	expect(mentionBefore("hello @Ad later", 6)).toBeUndefined();
});

test("first and last names are found, in any script, and nobody after the name is complete", () => {
	expect(mentionable(people, "love")).toEqual([ada]);
	expect(mentionable(people, "ada lo")).toEqual([ada]);
	expect(mentionable(people, "نور")).toEqual([noor]);
	expect(mentionable(people, "")).toEqual(people);
	expect(mentionable(people, "Ada Lovelace ")).toEqual([]);
});

test("completing puts the whole name and one space, and the caret behind it", () => {
	expect(completeMention("hi @ad!", 6, 3, ada)).toEqual({ text: "hi @Ada Lovelace !", caret: 17 });
	expect(completeMention("hi @ad there", 6, 3, ada)).toEqual({ text: "hi @Ada Lovelace there", caret: 16 });
});

test("the parts of a text give the text again, and the longer name wins", () => {
	const short = { ...ada, account: "short", name: "Ada" };
	const text = "@Ada Lovelace and @Ada, not @Nobody; mail a@b";
	const parts = mentionParts(text, [short, ada]);
	expect(parts.map((part) => part.text).join("")).toBe(text);
	expect(parts.flatMap(({ person }) => person?.account ?? [])).toEqual(["ada", "short"]);
});

test("of two with one name the picked one is mentioned; without a pick both are", () => {
	const other = { ...ada, account: "other ada" };
	const text = "@Ada Lovelace?";
	expect(mentionsIn(text, [ada, other], new Set(["other ada"]))).toEqual(["other ada"]);
	expect(mentionsIn(text, [ada, other], new Set())).toEqual(["ada", "other ada"]);
	expect(mentionsIn("no @one", [ada], new Set(["ada"]))).toEqual([]);
});
