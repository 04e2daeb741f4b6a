import { en, type Words } from "./en.ts";

const languages: readonly Words[] = [en];

/** The catalogue of the first language the person reads that exists; English otherwise. */
export function pickWords(preferred: readonly string[]): Words {
	for (const tag of preferred) {
		const found = languages.find((words) => tag.toLowerCase().split("-")[0] === words.language);
		if (found !== undefined) return found;
	}
	return en;
}

export const words: Words = pickWords(navigator.languages);

export type { Words } from "./en.ts";
