/**
 * The content security policy of the web app, in one place: the server sends it as a header with every page and script.
 *
 * Scripts and workers come from the same origin only, no markup is ever made from text (Trusted Types), and nothing talks to
 * another host. The two style hashes are React Aria's one injected style (everywhere, and on iOS).
 */

/** Names of the Trusted Types policies that may exist; the one use is starting our own workers. */
export const trustedTypesPolicies = ["sotto-worker"] as const;

const reactAriaStyles = [
	"'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='",
	"'sha256-gYiS/BvZvRcK27JIXTuwhZ3hs2+VJ1X+2gUlE+farlg='",
];

/**
 * The header's text. `origin` is the address people open (for example `https://calls.example`): older browsers do not count
 * `ws:` of the same host as `'self'`, so it is named.
 */
export function contentSecurityPolicy(origin?: string): string {
	const connect = ["'self'", ...(origin === undefined ? [] : [socketOrigin(origin)])];
	return [
		"default-src 'none'",
		"script-src 'self'",
		"worker-src 'self'",
		`style-src 'self' ${reactAriaStyles.join(" ")}`,
		"font-src 'self'",
		"img-src 'self'",
		"media-src 'self' blob: mediastream:",
		`connect-src ${connect.join(" ")}`,
		"manifest-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		`trusted-types ${trustedTypesPolicies.join(" ")}`,
	].join("; ");
}

/** Further headers that belong with the policy. */
export const securityHeaders: Readonly<Record<string, string>> = {
	"cross-origin-opener-policy": "same-origin",
	"cross-origin-resource-policy": "same-origin",
	"permissions-policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()",
	"referrer-policy": "no-referrer",
	"x-content-type-options": "nosniff",
};

function socketOrigin(origin: string): string {
	const url = new URL(origin);
	return `${url.protocol === "https:" ? "wss" : "ws"}://${url.host}`;
}
