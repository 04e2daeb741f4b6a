/** People, words and times of the test fixtures. */
import type { PersonView } from "@sotto/client";

const person = (account: string, name: string, hue: number, verified = false): PersonView => ({
	account,
	name,
	hue,
	verified,
});

export const me = person("me", "Mira Okafor", 285);
export const ada = person("ada", "Ada Lovelace", 22, true);
export const grace = person("grace", "Grace Hopper", 145);
export const tunde = person("tunde", "Tunde Bakare", 250);
export const noor = person("noor", "نور الحداد", 330);
export const long = person("long", "Maximiliane Wolfeschlegelsteinhausenbergerdorff von Hohenstein", 75);
export const katherine = person("katherine", "Katherine Johnson", 110);
export const jun = person("jun", "田中 純", 200);

/** A quiet Tuesday morning, so that pictures of screens do not change from day to day. */
export const now = new Date(2026, 10, 24, 10, 41, 0).getTime();
export const minutes = (n: number) => n * 60_000;
export const hours = (n: number) => n * 3_600_000;
export const days = (n: number) => n * 86_400_000;

export const myLink =
	"https://sotto.example/#AUq3vX0bJm2t7kPZ9nS1uWcYdR4eHfLgKiToMpQaVxBzNwCyD6EjF8GhIl5OrTsU0vXwYzAbCdEfGhIjKlMnOpQrStUvWxYz";
