import {
	appendRoute,
	createLogRoute,
	encodeRequest,
	putBlobChunkRoute,
	parseRefusal,
	parseResponse,
	type RefusalCode,
	refusals,
	type Route,
} from "@sotto/api";
import { err, ok, type Result } from "@sotto/bytes";
import type { Clock, Transport } from "../ports.ts";
import type { CommandError, ItemId, LedgerEntry } from "../sdk.ts";
import type { Ledger } from "./ledger.ts";
import { describeRequest } from "./seen.ts";
import type { Troubles } from "./troubles.ts";

export type ServiceError =
	/** No answer: the request may or may not have been done. */
	| { readonly kind: "unreachable" }
	| { readonly kind: "refused"; readonly code: RefusalCode; readonly retryable: boolean }
	/** An answer that the contract does not know. */
	| { readonly kind: "badAnswer" };

/** Why a request is made: for the ledger. */
export type Purpose = { readonly cause: LedgerEntry["cause"]; readonly item?: ItemId | undefined };

const requestTimeoutMs = 15_000;

/** The one door to the services: every request passes here, is noted in the ledger, and its answer parsed. */
export class Services {
	readonly #transport: Transport;
	readonly #clock: Clock;
	readonly #ledger: Ledger;
	readonly troubles: Troubles;
	baseUrl: string;

	constructor(transport: Transport, clock: Clock, ledger: Ledger, troubles: Troubles, baseUrl: string) {
		this.#transport = transport;
		this.#clock = clock;
		this.#ledger = ledger;
		this.troubles = troubles;
		this.baseUrl = baseUrl;
	}

	async call<Request extends object, Response>(
		route: Route<Request, Response>,
		request: Request,
		purpose: Purpose,
	): Promise<Result<Response, ServiceError>> {
		const body = encodeRequest(route, request);
		const at = this.#clock.now();
		const answer = await this.#transport.post(`${this.baseUrl}${route.path}`, body, {
			maxResponseBytes: Math.max(route.maxResponseBytes, 1024),
			timeoutMs: requestTimeoutMs,
		});
		const result = answer.ok ? readAnswer(route, answer.value) : err({ kind: "unreachable" as const });
		if (answer.ok) {
			const { serverTime } = answer.value;
			if (serverTime !== undefined) this.troubles.serverTime(serverTime, at, this.#clock.now());
			if (storingRoutes.has(route.path)) this.troubles.serverStores(isServerFull(result));
			const { action, saw } = describeRequest(route, request, result.ok ? result.value : undefined, body.length);
			this.#ledger.note([{ at, cause: purpose.cause, role: route.role, action, saw, item: purpose.item }]);
		}
		return result;
	}
}

/** Requests that a server without room refuses. */
const storingRoutes: ReadonlySet<string> = new Set([createLogRoute.path, appendRoute.path, putBlobChunkRoute.path]);

function isServerFull(result: Result<unknown, ServiceError>): boolean {
	return !result.ok && result.error.kind === "refused" && result.error.code === "storageFull";
}

function readAnswer<Response>(
	route: Route<unknown, Response>,
	answer: { readonly status: number; readonly body: Uint8Array },
): Result<Response, ServiceError> {
	if (answer.status === 200) {
		const response = parseResponse(route, answer.body);
		return response.ok ? ok(response.value) : err({ kind: "badAnswer" });
	}
	const refusal = parseRefusal(answer.body);
	// A proxy's error page is no refusal of ours: what it hides may be reachable again later.
	if (!refusal.ok) return err(answer.status >= 500 ? { kind: "unreachable" } : { kind: "badAnswer" });
	const { code } = refusal.value;
	return err({ kind: "refused", code, retryable: refusals[code].retryable });
}

/** Whether the same request may succeed later without anybody changing anything. */
export function isPassing(error: ServiceError): boolean {
	return error.kind === "unreachable" || (error.kind === "refused" && error.retryable);
}

export function commandErrorOf(error: ServiceError): CommandError {
	switch (error.kind) {
		case "unreachable":
			return { kind: "unreachable" };
		case "refused":
			return { kind: "refused", code: error.code };
		case "badAnswer":
			return { kind: "refused", code: "badAnswer" };
	}
}
