import { type Command, jsonOption, profileOption, Refused, UsageError } from "../command.ts";
import { type OpenProfile, readyView, settledView, withProfile } from "../profile/open-profile.ts";
import { refuseWith } from "../sentences.ts";

export const accountCreate: Command = {
	name: "account create",
	words: [],
	summary: "makes a new identity on a server and prints its contact link",
	details: [
		"The keys are made here and stay here. There is nothing to remember; whoever has the profile folder is you, so keep it",
		"like a key. A profile holds one identity: use another --profile for another.",
	],
	options: {
		name: { value: "NAME", help: "how others see you" },
		home: { value: "URL", help: "the server, such as https://sotto.example" },
		profile: profileOption,
		json: jsonOption,
	},
	examples: [
		'sotto account create --name "Ada" --home https://sotto.example',
		"sotto account create --name bot --home http://localhost:8080 --profile ./bot --json",
	],
	run: async (given) => {
		const name = given.text("name");
		if (name === undefined) throw new UsageError("--name NAME is missing");
		const home = homeUrl(given.text("home"));
		await withProfile(given, async (profile) => {
			const before = await settledView(profile.client);
			if (before.phase === "ready") throw new Refused(`${profile.folder} holds an account already: ${before.me.name}.`);
			const created = await profile.client.createAccount({ name, home });
			if (!created.ok) refuseWith(created.error);
			await publish(profile);
			const { me } = await readyView(profile);
			given.output.result(
				{ account: me.account, name: me.name, link: me.link },
				`You are ${me.name}. Give this link to whom you want to talk to:\n\n${me.link}`,
			);
		});
	},
};

/** Only what is published can be found behind the link, and a command that has ended publishes nothing. */
async function publish({ client }: OpenProfile): Promise<void> {
	const published = await client.sync();
	if (!published.ok)
		process.stderr.write("The server cannot be reached. Others see this once a command has reached it.\n");
}

/** The server's address that `--home` gives. */
export function homeUrl(text: string | undefined): string {
	if (text === undefined) throw new UsageError("--home URL is missing");
	const url = URL.parse(text);
	const isServer = url !== null && ["http:", "https:"].includes(url.protocol) && url.search === "" && url.hash === "";
	if (!isServer) throw new UsageError("--home takes the address of a server, such as https://sotto.example");
	return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

export const link: Command = {
	name: "link",
	words: [],
	summary: "prints your contact link",
	details: ["Whoever has it can ask you for contact, so it may stand on a wall. It cannot be used to pose as you."],
	options: { profile: profileOption, json: jsonOption },
	examples: ["sotto link", "sotto link --json"],
	run: (given) =>
		withProfile(given, async (profile) => {
			const { me } = await readyView(profile);
			await publish(profile);
			given.output.result({ link: me.link }, me.link);
		}),
};

export const rename: Command = {
	name: "rename",
	words: ["NAME"],
	summary: "changes how others see you",
	options: { profile: profileOption, json: jsonOption },
	examples: ['sotto rename "Ada L."'],
	run: (given) =>
		withProfile(given, async (profile) => {
			await readyView(profile);
			const renamed = await profile.client.rename(given.words[0] as string);
			if (!renamed.ok) refuseWith(renamed.error);
			await publish(profile);
			const { me } = await readyView(profile);
			given.output.result({ name: me.name }, `You are ${me.name} now.`);
		}),
};
