import "vitest";

declare module "vitest" {
	export interface ProvidedContext {
		/** Where a real server of all roles answers, for tests in the browser. */
		readonly home: string;
	}
}
