import { readRoute } from "@sotto/api";
import { openProfile } from "@sotto/crypto";
import type { EngineContext } from "../context.ts";
import type { Purpose } from "../services/services.ts";
import { revealed } from "../store/secrets.ts";
import type { AccountKeeper } from "./keeper.ts";

const purpose: Purpose = { cause: { kind: "account", title: undefined } };

/** Takes what another device of the account has published, where the devices' own conversation does not tell it (D3). */
export async function adoptPublished({ services }: EngineContext, account: AccountKeeper): Promise<void> {
	const { logId, readCap } = account.record.profile;
	for (let after = 0; ; ) {
		const page = await services.call(readRoute, { logId, readCap: revealed(readCap), after, limit: 64 }, purpose);
		if (!page.ok) return;
		const { records, first, tip } = page.value;
		for (const record of records) {
			const content = await openProfile(account.keys.k, record);
			if (content.ok) await account.adopt(content.value);
		}
		after = first - 1 + records.length;
		if (records.length === 0 || after >= tip.seq) return;
	}
}
