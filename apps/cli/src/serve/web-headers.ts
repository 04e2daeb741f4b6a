import { contentSecurityPolicy, securityHeaders } from "@sotto/web/csp";

/** Where the web app is opened: `origins` are all addresses of this one server, the first is the one that is told to people. */
export type WebAddress = { readonly origins: readonly string[]; readonly isSecure: boolean };

/** A year; only behind TLS, where a browser believes it. */
const strictTransport = "max-age=31536000";

/**
 * The headers of every page, script and worker. On the own machine a server has two names, localhost and 127.0.0.1; `'self'` is
 * the one that the page was opened with, but for some browsers not its WebSockets, so these are named for both.
 */
export function webHeaders({ origins, isSecure }: WebAddress): Readonly<Record<string, string>> {
	const [first, ...others] = origins;
	const sockets = others.map((origin) => ` ${origin.replace(/^http/, "ws")}`).join("");
	const policy = contentSecurityPolicy(first).replace(/connect-src [^;]*/, (found) => `${found}${sockets}`);
	return {
		...securityHeaders,
		"content-security-policy": policy,
		...(isSecure ? { "strict-transport-security": strictTransport } : {}),
	};
}
