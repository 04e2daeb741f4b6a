import type { Bytes } from "@sotto/bytes";
import type { FrameProtection } from "./protection.ts";
import type { PageToWorker, TransformOptions, WorkerToPage } from "./worker-messages.ts";

/** Protection by the SFrame worker. `enginePort`, if given, is where the engine sends keys itself; the page only passes it on. */
export function protectByWorker(worker: Worker, enginePort?: MessagePort): FrameProtection {
	const waiting = new Map<number, (answer: WorkerToPage) => void>();
	let requests = 0;
	let ahead: (m: number) => void = () => undefined;
	worker.onmessage = ({ data }: MessageEvent<WorkerToPage>) => {
		if (data.type === "ahead") return ahead(data.m);
		waiting.get(data.request)?.(data);
		waiting.delete(data.request);
	};
	const tell = (message: PageToWorker, transfer: Transferable[] = []) => worker.postMessage(message, transfer);
	function ask<Type extends WorkerToPage["type"]>(
		_type: Type,
		question: (request: number) => PageToWorker,
	): Promise<Extract<WorkerToPage, { type: Type }>> {
		const request = ++requests;
		return new Promise((resolve) => {
			waiting.set(request, (answer) => resolve(answer as Extract<WorkerToPage, { type: Type }>));
			tell(question(request));
		});
	}
	const transform = (options: TransformOptions) => new RTCRtpScriptTransform(worker, options);
	const counts = (session: number) => ask("counts", (request) => ({ type: "count", request, session }));

	if (enginePort !== undefined) tell({ type: "engine", port: enginePort }, [enginePort]);
	return {
		connectionFlags: { encodedInsertableStreams: true },
		begin: () => ask("begun", (request) => ({ type: "begin", request })),
		protectSender(sender, session, stream) {
			sender.transform = transform({ role: "send", session, stream });
		},
		protectReceiver(receiver, session, place, stream) {
			receiver.transform = transform({ role: "receive", session, place, stream });
		},
		seat: (session: number, place: number, participantId: Bytes | undefined) =>
			tell({ type: "seat", session, place, participantId }),
		ready: async (session) => void (await ask("isReady", (request) => ({ type: "ready", request, session }))),
		counts,
		endSession: (session) => tell({ type: "end", session }),
		addBase: (m, callBase, send) => tell({ type: "base", m, callBase, send }),
		forgetBase: (m) => tell({ type: "forget", m }),
		authorize: (participantId, m, counters) => tell({ type: "authorize", participantId, m, counters }),
		revoke: (participantId) => tell({ type: "revoke", participantId }),
		announcement: async (session) =>
			(await ask("announcement", (request) => ({ type: "announce", request, session }))).announcement,
		hold: (isHeld) => tell({ type: "hold", isHeld }),
		onAhead: (listener) => {
			ahead = listener;
		},
		end: () => worker.terminate(),
	};
}
