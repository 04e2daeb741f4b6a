export { defaultCaps, type HomeCaps } from "./caps.ts";
export { createHome, type HomeDependencies } from "./home.ts";
export { startSweeping, sweepOnce, type SweepingDependencies } from "./sweeping.ts";
