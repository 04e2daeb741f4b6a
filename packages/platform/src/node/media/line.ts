import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Bytes } from "@sotto/bytes";
import { encodeLineMessage, type FromLine, parseFromLine, type ToLine } from "./line-messages.ts";
import { beatMs, judgeLine, type LineBeat } from "./line-watch.ts";

export type LineSums = { readonly packets: number; readonly bytes: number };

export type Line = {
	/** SHA-256 of its certificate (K6), once it has started: on a busy machine that takes seconds. */
	readonly ready: Promise<Bytes>;
	readonly isLost: () => boolean;
	/** Resolves when its process is gone. */
	readonly gone: Promise<void>;
	/** Says what it has to say to this joining from now on. `onLost` comes once, also if it was lost before; not after `close`. */
	readonly listen: (onMessage: (message: FromLine) => void, onLost: () => void) => void;
	readonly say: (message: ToLine) => void;
	/** Packets and bytes both ways, as of the last beat. */
	readonly sums: () => LineSums;
	/** Lets it hand over what it has heard and end; kills it if it does not. Resolves when it is gone: nothing comes after. */
	readonly close: () => Promise<void>;
};

const endsWithinMs = 1_000;

/** Starts the line of one joining and watches it. It is lost when it ended, hung, spun, or said something malformed. */
export function startLine(): Line {
	const child = fork(fileURLToPath(new URL("./line-process.ts", import.meta.url)), [], {
		serialization: "advanced",
		execArgv: [],
		// Nothing of this process's environment is of use to one that the server's packets reach.
		env: {},
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});
	let beats: readonly LineBeat[] = [];
	let heardAt = performance.now();
	let isOver = false;
	let isLost = false;
	let listener: { readonly onMessage: (message: FromLine) => void; readonly onLost: () => void } | undefined;
	const ready = Promise.withResolvers<Bytes>();
	let sums: LineSums = { packets: 0, bytes: 0 };

	const say = (message: ToLine) => {
		if (child.connected) child.send(encodeLineMessage(message), () => {});
	};
	const lose = () => {
		if (isOver) return;
		isOver = true;
		clearInterval(timer);
		// SIGKILL ends a stopped process too.
		child.kill("SIGKILL");
		isLost = true;
		listener?.onLost();
	};
	let turnedAt = performance.now();
	const timer = setInterval(() => {
		const now = performance.now();
		// That this process itself was late says nothing of the line: what it said meanwhile is still to be read.
		if (now - turnedAt > 2 * beatMs) heardAt = now;
		turnedAt = now;
		if (!judgeLine(beats, heardAt, now)) return lose();
		say({ type: "beat" });
	}, beatMs);
	child.on("message", (raw) => {
		const message = parseFromLine(raw);
		if (!message.ok) return lose();
		heardAt = performance.now();
		if (isOver && message.value.type !== "heard") return;
		if (message.value.type === "ready") return ready.resolve(message.value.fingerprint);
		if (message.value.type !== "beat") return listener?.onMessage(message.value);
		const { cpuMs, packets, bytes } = message.value;
		sums = { packets, bytes };
		beats = [...beats.slice(-20), { at: heardAt, cpuMs, packets }];
	});
	// "close" comes when its channel has been read to the end, "exit" before that.
	const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
	child.once("exit", lose);
	child.once("error", lose);
	// A command that ends does not wait for it; "disconnect" ends it.
	child.unref();
	child.channel?.unref();

	return {
		ready: ready.promise,
		isLost: () => isLost,
		gone,
		listen(onMessage, onLost) {
			listener = { onMessage, onLost };
			// Never before the listener knows what it listens to.
			if (isLost) queueMicrotask(onLost);
		},
		say,
		sums: () => sums,
		async close() {
			if (!isOver) {
				isOver = true;
				clearInterval(timer);
				say({ type: "stop" });
				setTimeout(() => child.kill("SIGKILL"), endsWithinMs);
			}
			await gone;
		},
	};
}
