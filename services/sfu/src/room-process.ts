import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
	encodeProcessMessage,
	type FromProcess,
	parseFromProcess,
	type RoomSettings,
	type ToProcess,
} from "./room/messages.ts";
import { beatArrived, beatMs, hasSpoken, judge, startWatch } from "./watch.ts";

export type RoomProcess = {
	readonly say: (message: ToProcess) => void;
	/** Lets it end by itself; kills it if it does not. */
	readonly stop: () => void;
	readonly pid: number | undefined;
};

export type RoomProcessOptions = {
	readonly settings: RoomSettings;
	/** What to run, and further arguments of it: the lab runs a room that keeps what it sees. */
	readonly entry: URL;
	readonly arguments: readonly string[];
	/** A folder for compiled code: a start takes 46 ms instead of 93 to 140 (findings.md). */
	readonly compileCache: string | undefined;
	/** Monotonic, ms. */
	readonly now: () => number;
	readonly onMessage: (message: FromProcess) => void;
	/** Once, when it is gone: ended, crashed, or killed because it was silent or spinning. */
	readonly onEnd: (why: "ended" | "silent" | "spinning" | "badMessage") => void;
};

/** Starts a room's process and watches it: docs/spec/rooms.md, "One process per room". */
export function startRoomProcess(options: RoomProcessOptions): RoomProcess {
	const child = fork(fileURLToPath(options.entry), [JSON.stringify(options.settings), ...options.arguments], {
		serialization: "advanced",
		execArgv: [],
		// Nothing of the server's environment is of use to a process that strangers' packets reach.
		env: options.compileCache === undefined ? {} : { NODE_COMPILE_CACHE: options.compileCache },
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});
	let watch = startWatch(options.now());
	let why: Parameters<RoomProcessOptions["onEnd"]>[0] = "ended";
	let askedAt = options.now();
	let askedSince = askedAt;
	let beat = 0;

	const timer = setInterval(() => {
		const now = options.now();
		if (now - askedAt > 3 * beatMs) askedSince = now;
		askedAt = now;
		const verdict = judge(watch, now, now - askedSince);
		if (verdict !== "well") return kill(verdict);
		say({ type: "beat", beat: beat++ & 0xffff_ffff });
	}, beatMs);

	function kill(reason: typeof why): void {
		if (why === "ended") why = reason;
		// SIGKILL ends a stopped process too.
		child.kill("SIGKILL");
	}

	function say(message: ToProcess): void {
		if (child.connected) child.send(encodeProcessMessage(message), () => {});
	}

	child.on("message", (raw) => {
		const message = parseFromProcess(raw);
		if (!message.ok) return kill("badMessage");
		watch = hasSpoken(watch, options.now());
		if (message.value.type === "beat") watch = beatArrived(watch, message.value, options.now());
		options.onMessage(message.value);
	});
	onceEnded(child, () => {
		clearInterval(timer);
		options.onEnd(why);
	});

	return {
		say,
		stop() {
			say({ type: "stop" });
			setTimeout(() => kill("ended"), 1_000).unref();
		},
		pid: child.pid,
	};
}

function onceEnded(child: ChildProcess, ended: () => void): void {
	let told = false;
	const tell = () => {
		if (told) return;
		told = true;
		ended();
	};
	child.once("exit", tell);
	// When it could not be started there is no exit.
	child.once("error", () => {
		if (child.pid === undefined) tell();
	});
}
