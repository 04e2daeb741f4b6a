const loopback = new Set(["localhost", "127.0.0.1"]);

/**
 * Whether a contact link was made for the server that this page came from. The page's policy (`connect-src`) lets it talk to
 * no other. On the own machine a server has two names. What is no link at all is for the engine to judge.
 */
export function isOfThisServer(link: string, pageOrigin: string): boolean {
	const url = URL.parse(link.trim());
	if (url === null || !["http:", "https:"].includes(url.protocol)) return true;
	const page = new URL(pageOrigin);
	if (url.origin === page.origin) return true;
	const isBothLocal = loopback.has(url.hostname) && loopback.has(page.hostname);
	return isBothLocal && url.port === page.port && url.protocol === page.protocol;
}
