/** A name for this device that its owner recognises: "Firefox on Android". It can be changed in the settings. */
const browsers = [
	["Edg/", "Edge"],
	["OPR/", "Opera"],
	["Firefox/", "Firefox"],
	["Chrome/", "Chrome"],
	["Safari/", "Safari"],
] as const;

const systems = [
	["Android", "Android"],
	["iPhone", "iPhone"],
	["iPad", "iPad"],
	["CrOS", "Chromebook"],
	["Windows", "Windows"],
	["Mac OS", "Mac"],
	["Linux", "Linux"],
] as const;

const nameIn = (agent: string, names: readonly (readonly [string, string])[]) =>
	names.find(([mark]) => agent.includes(mark))?.[1];

/** The first that matches counts: Edge and Opera call themselves Chrome as well, and Chrome calls itself Safari. */
export function deviceNameOf(agent: string): string {
	const browser = nameIn(agent, browsers) ?? "Browser";
	const system = nameIn(agent, systems);
	return system === undefined ? browser : `${browser} · ${system}`;
}

export const thisDeviceName = (): string => deviceNameOf(navigator.userAgent);
