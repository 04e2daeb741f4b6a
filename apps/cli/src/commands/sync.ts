import type { OpenProfile } from "../profile/open-profile.ts";

/**
 * Fetches what is new and sends what waits. Without the network a list is still worth printing, so that is a remark on stderr
 * and no failure.
 */
export async function syncOrRemark({ client }: OpenProfile): Promise<void> {
	const synced = await client.sync();
	if (!synced.ok) process.stderr.write("The server cannot be reached: this is what was known before.\n");
}
