/** Passphrases: one that can be said and written down, and how hard one is to guess. A hint, no promise. */

const consonants = "bdfghjklmnprstvz";
const vowels = "aeiou";
const wordCount = 6;

/** Even below 256 without a tail, so that no letter is likelier: 240 = 16 · 15 = 5 · 48. */
const fairBelow = 240;

function pick(letters: string): string {
	for (;;) {
		const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
		if (byte < fairBelow) return letters.charAt(byte % letters.length);
	}
}

const pattern = [consonants, vowels, consonants, vowels, consonants] as const;

/** Six made-up words, such as "lofap tivur …": 16.6 bits each, 99 in all. */
export function suggestPassphrase(): string {
	return Array.from({ length: wordCount }, () => pattern.map(pick).join("")).join(" ");
}

export type Strength = "short" | "weak" | "fair" | "strong";

/** The engine takes nothing shorter. */
const shortest = 10;

/** By length and by how many different characters there are: "aaaaaaaaaaaa" is long and worth little. */
export function strengthOf(passphrase: string): Strength {
	const letters = Array.from(passphrase.trim());
	if (letters.length < shortest) return "short";
	const different = new Set(letters).size;
	const words = new Set(passphrase.trim().split(/\s+/u)).size;
	const worth = Math.min(letters.length, different * 2) + words * 2;
	if (worth < 20) return "weak";
	return worth < 30 ? "fair" : "strong";
}
