// npm run bench:sfu -- [--rounds 3] [--seconds 6] [--only NAME] [--event-loops 2]: CPU of the forwarding process for each
// packet that reached a receiver, our room next to Janus's VideoRoom, the same synthetic streams through real WebRTC in the
// same run, alternating. All of it runs in a network namespace of its own: Janus refuses loopback addresses.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { startJanus } from "./janus.ts";
import { Crowd, fanOut, type Scenario, type StartServer } from "./load.ts";
import { startSotto } from "./sotto.ts";

const { values } = parseArgs({
	options: {
		rounds: { type: "string", default: "3" },
		seconds: { type: "string", default: "6" },
		only: { type: "string", default: "" },
		"event-loops": { type: "string", default: "2" },
	},
});

/** 32 in a room speak at a tenth of the pace of a call, or two cores would not do for the receivers. */
const scenarios: readonly Scenario[] = [
	{ name: "32-in-a-room", speakers: 32, listeners: 0, audioRate: 5, videoRate: 5 },
	{ name: "2-to-100", speakers: 2, listeners: 100, audioRate: 25, videoRate: 25 },
	{ name: "1-to-30", speakers: 1, listeners: 30, audioRate: 50, videoRate: 100 },
	{ name: "1-to-90", speakers: 1, listeners: 90, audioRate: 50, videoRate: 50 },
];

const address = "10.77.0.1";
const warmUpMs = 3_000;
/** Of Linux on every platform that Node runs on: `getconf CLK_TCK`. */
const ticksPerSecond = 100;

type Figures = { readonly micros: number; readonly perSecond: number; readonly arrived: number };

/** User and system time of all threads of a process, in µs (proc(5), stat, fields 14 and 15). */
function cpuMicros(processId: number): number {
	const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

async function measure(scenario: Scenario, start: StartServer): Promise<Figures> {
	const crowd = new Crowd(scenario);
	const loaded = await start(scenario, crowd);
	crowd.start(loaded.send);
	await pause(warmUpMs);
	const before = {
		at: performance.now(),
		cpu: cpuMicros(loaded.processId),
		received: crowd.received,
		sent: crowd.sent,
	};
	await pause(Number(values.seconds) * 1000);
	const received = crowd.received - before.received;
	const micros = (cpuMicros(loaded.processId) - before.cpu) / received;
	const perSecond = (received * 1000) / (performance.now() - before.at);
	const expected = ((crowd.sent - before.sent) * fanOut(scenario)) / scenario.speakers;
	crowd.stop();
	await loaded.close();
	return { micros, perSecond, arrived: received / expected };
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

function median(numbers: readonly number[]): number {
	return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function compare(scenario: Scenario): Promise<void> {
	const servers = [
		{ name: "sotto", start: startSotto(address), rounds: [] as Figures[] },
		{ name: "janus", start: startJanus(address, Number(values["event-loops"])), rounds: [] as Figures[] },
	];
	for (let round = 0; round < Number(values.rounds); round++)
		for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
			const figures = await measure(scenario, server.start);
			server.rounds.push(figures);
			const { micros, perSecond, arrived } = figures;
			console.log(
				`${scenario.name} ${server.name}: ${micros.toFixed(1)} µs a packet, ${perSecond.toFixed(0)} packets/s, ${(arrived * 100).toFixed(1)} % arrived`,
			);
		}
	const [sotto, janus] = servers.map(({ rounds }) => median(rounds.map(({ micros }) => micros)));
	const ratio = ((sotto ?? 0) / (janus ?? 0)).toFixed(2);
	console.log(`${scenario.name}: sotto ${sotto?.toFixed(1)} µs, janus ${janus?.toFixed(1)} µs, ratio ${ratio}\n`);
}

/** Runs this file again in a network namespace with one address besides loopback. Root of the namespace is enough. */
function enterNamespace(): never {
	const setUp = `ip link set lo up && ip link add veth0 type veth peer name veth1 && ip addr add ${address}/24 dev veth0 && ip link set veth0 up && ip link set veth1 up && exec "$@"`;
	const self = [process.execPath, import.meta.filename, ...process.argv.slice(2)];
	const ran = spawnSync("unshare", ["--map-root-user", "--net", "sh", "-c", setUp, "sh", ...self], {
		stdio: "inherit",
		env: { ...process.env, SOTTO_BENCH_NAMESPACE: "1" },
	});
	process.exit(ran.status ?? 1);
}

if (process.env.SOTTO_BENCH_NAMESPACE === undefined) {
	if (spawnSync("janus", ["--version"]).error !== undefined) {
		console.error("Missing: janus (the server to compare with). On Debian: sudo apt-get install janus iproute2");
		process.exit(1);
	}
	enterNamespace();
}
for (const scenario of scenarios) if (scenario.name.includes(values.only)) await compare(scenario);
// Native threads of the endpoints may still be at work.
process.exit(0);
