import { contentSecurityPolicy, securityHeaders } from "@sotto/web/csp";

/** Where the web app is opened: `origins` are all addresses of this one server, the first is the one that is told to people. */
export type WebAddress = { readonly origins: readonly string[]; readonly isSecure: boolean };

/** A year; only behind TLS, where a browser believes it. */
const strictTransport = "max-age=31536000";

/**
 * The headers of every page, script and worker. On the own machine one server has two names, localhost and 127.0.0.1, and a
 * link may have been made with either: both may be called. Nothing else ever.
 */
export function webHeaders({ origins, isSecure }: WebAddress): Readonly<Record<string, string>> {
	const [first, ...others] = origins;
	const also = others.flatMap((origin) => [origin, origin.replace(/^http/, "ws")]);
	const aliases = first === undefined || others.length === 0 ? "" : ` ${[first, ...also].join(" ")}`;
	const policy = contentSecurityPolicy(first).replace(/connect-src [^;]*/, (found) => `${found}${aliases}`);
	return {
		...securityHeaders,
		"content-security-policy": policy,
		...(isSecure ? { "strict-transport-security": strictTransport } : {}),
	};
}
