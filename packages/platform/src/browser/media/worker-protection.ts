import type { Bytes } from "@sotto/bytes";
import type { FrameProtection } from "./protection.ts";
import type { FrameCounts, PageToWorker, TransformOptions, WorkerToPage } from "./worker-messages.ts";

export type WorkerProtection = FrameProtection & {
	readonly counts: (session: number) => Promise<FrameCounts>;
	readonly end: () => void;
};

/** Protection by the SFrame worker. `enginePort` is where the engine sends the call's keys; the page only passes it on. */
export function protectByWorker(worker: Worker, enginePort: MessagePort): WorkerProtection {
	const waiting = new Map<number, (answer: WorkerToPage) => void>();
	let requests = 0;
	worker.onmessage = ({ data }: MessageEvent<WorkerToPage>) => {
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

	tell({ type: "engine", port: enginePort }, [enginePort]);
	return {
		connectionFlags: { encodedInsertableStreams: true },
		begin: () => ask("begun", (request) => ({ type: "begin", request })),
		protectSender(sender, session, stream) {
			sender.transform = transform({ role: "send", session, stream });
		},
		protectReceiver(receiver, session, seat, stream) {
			receiver.transform = transform({ role: "receive", session, seat, stream });
		},
		seat: (session: number, seat: number, participantId: Bytes | undefined) =>
			tell({ type: "seat", session, seat, participantId }),
		ready: async (session) => void (await ask("isReady", (request) => ({ type: "ready", request, session }))),
		sealedFrames: async (session) => (await counts(session)).sealed,
		counts,
		end: () => worker.terminate(),
	};
}
