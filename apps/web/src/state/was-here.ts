/**
 * A mark outside the database that somebody's conversations lie in this browser. A browser that throws the database away (space
 * is short, or the page was not opened for long) may leave it, and then the person is told what happened instead of being met as
 * a stranger. It says nothing but that. Clearing everything by hand takes it along, and where the browser does so too (Safari),
 * nobody can tell.
 */
const key = "sotto.was-here";

export function markHere(): void {
	try {
		localStorage.setItem(key, "yes");
	} catch {
		// Storage refused: then nothing can be told later.
	}
}

export function wasHere(): boolean {
	try {
		return localStorage.getItem(key) !== null;
	} catch {
		return false;
	}
}
