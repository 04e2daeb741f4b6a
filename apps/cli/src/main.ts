// The program: the command line on the standard streams.
import { enableCompileCache } from "node:module";
import process from "node:process";

// `sotto listen | head -1` is no failure: when nobody reads on, there is nothing more to do.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") process.exit(0);
	throw error;
});

// WebCrypto's newest algorithms are marked experimental in Node; that is no news to whoever writes a message.
process.removeAllListeners("warning");
process.on("warning", (warning) => {
	if (warning.name !== "ExperimentalWarning") process.stderr.write(`${warning.name}: ${warning.message}\n`);
});

// Halves the time of a short command. It has to be on before the rest is loaded.
enableCompileCache();
const { runCommandLine } = await import("./run-command-line.ts");

process.exitCode = await runCommandLine(process.argv.slice(2), {
	out: (text) => process.stdout.write(text),
	err: (text) => process.stderr.write(text),
});
