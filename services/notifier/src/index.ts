export { defaultRingLimits, type RingLimits } from "./limits.ts";
export { createNotifier, type Notifier, type NotifierDependencies } from "./notifier.ts";
export { openNotifierKey } from "./notifier-key.ts";
