import type { PersonPage } from "./person-page.ts";

/** Pictures decoded so far on the places of shared screens. */
export const screenPictures = async (person: PersonPage) =>
	Number(await person.hands.evaluate(`(${screenPicturesInPage})()`));

const screenPicturesInPage = `async () => {
	let decoded = 0;
	for (const connection of window.testConnections) {
		if (connection.connectionState !== "connected") continue;
		for (const entry of (await connection.getStats()).values())
			if (entry.type === "inbound-rtp" && /^s[0-9]/.test(entry.mid ?? "")) decoded += entry.framesDecoded ?? 0;
	}
	return decoded;
}`;

/** Whether somebody's screen is on this person's stage, with a picture in it. */
const seesScreenOf = async (person: PersonPage, name: string) =>
	(await person.hands.evaluate(
		`[...document.querySelectorAll(".tile.screen.large video")].some((video) => video.videoWidth > 0 && video.ariaLabel === ${JSON.stringify(`${name}’s screen`)})`,
	)) === true;

/** Waits until the screen is seen and its picture changes; returns after how many ms it was seen. */
export async function followsScreen(person: PersonPage, name: string): Promise<number> {
	const took = await person.waitFor(`sees the screen of ${name}`, 40, () => seesScreenOf(person, name));
	const before = await screenPictures(person);
	await person.waitFor("the screen's picture changes", 40, async () => (await screenPictures(person)) > before + 3);
	return took;
}
