import { err, ok } from "@sotto/bytes";
import type { Transport } from "@sotto/client";
import { readBounded } from "./bounded-body.ts";

/**
 * `Transport.post` on fetch: no cookies, no referrer, no redirect, no cache. Every failure on the way, the time limit and a
 * closing of the transport (`whenClosed`) included, is "unreachable".
 */
export function createFetchPost(whenClosed: AbortSignal): Transport["post"] {
	return async (url, body, { maxResponseBytes, timeoutMs }) => {
		try {
			const response = await fetch(url, {
				method: "POST",
				body,
				headers: { "content-type": "application/cbor" },
				credentials: "omit",
				referrerPolicy: "no-referrer",
				cache: "no-store",
				redirect: "error",
				signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), whenClosed]),
			});
			const read = await readBounded(response, maxResponseBytes);
			if (read === "tooLarge") return err({ kind: "tooLarge" });
			const serverTime = Date.parse(response.headers.get("date") ?? "");
			return ok({ status: response.status, body: read, ...(Number.isNaN(serverTime) ? {} : { serverTime }) });
		} catch {
			// fetch rejects for a bad URL, a refused connection, a redirect, an abort: in all cases nothing was received.
			return err({ kind: "unreachable" });
		}
	};
}
