/** The name that the page's Content-Security-Policy allows: `trusted-types sotto-worker`. */
export const trustedTypesPolicyName = "sotto-worker";

type Policy = { createScriptURL(url: string): string };
type TrustedTypes = { createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy };

let policy: Policy | undefined;

/**
 * Makes the address of one of our own worker scripts acceptable to Trusted Types. Only addresses of this origin pass: the
 * one place where a script address comes from text is also the one that checks it.
 */
export function ownScriptUrl(url: string): string {
	policy ??= createPolicy();
	return policy.createScriptURL(url);
}

function createPolicy(): Policy {
	const rules = {
		createScriptURL: (url: string) => {
			if (new URL(url, location.href).origin !== location.origin) throw new TypeError("a script of another origin");
			return url;
		},
	};
	const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
	return trustedTypes?.createPolicy(trustedTypesPolicyName, rules) ?? rules;
}
