import { runLine } from "./line-run.ts";

// Started by `startLine`, one for each joining.
runLine();
