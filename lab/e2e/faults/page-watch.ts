import type { Page } from "playwright-core";

export type PageProblem = { readonly kind: "exception" | "policy" | "console"; readonly text: string };

/** What Chromium itself prints about a request that failed: the faults are made on purpose, and the app answers them. */
const networkNoise = /^(Failed to load resource|WebSocket connection to|.*net::ERR_)/;

/** Collects what goes wrong in a page: exceptions, violations of the policy, errors on the console. */
export function watchPage(page: Page, problems: PageProblem[]): void {
	const policy = /Content.Security.Policy|Trusted ?Type|securitypolicyviolation/i;
	page.on("pageerror", (error) => problems.push({ kind: "exception", text: error.stack ?? error.message }));
	page.on("console", (message) => {
		const text = message.text();
		if (policy.test(text)) problems.push({ kind: "policy", text });
		else if (message.type() === "error" && !networkNoise.test(text)) problems.push({ kind: "console", text });
	});
	void page.addInitScript(() =>
		globalThis.addEventListener("securitypolicyviolation", (event) => {
			const { violatedDirective, blockedURI, sourceFile } = event as SecurityPolicyViolationEvent;
			console.error(`securitypolicyviolation ${violatedDirective} ${blockedURI} ${sourceFile}`);
		}),
	);
}
