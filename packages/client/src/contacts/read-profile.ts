import { readRoute } from "@sotto/api";
import { type Bytes, err, ok, type Result, type Secret } from "@sotto/bytes";
import { type LogId, openProfile } from "@sotto/crypto";
import { type ProfileReading, readProfileRecord, startProfileReading } from "@sotto/protocol";
import type { Purpose, ServiceError, Services } from "../services/services.ts";
import { revealed } from "../store/secrets.ts";

/** Reads somebody's profile log from its start and judges it (P1, P2). Error `notFound`: there is no such log, or nobody in it. */
export async function readProfile(
	services: Services,
	profile: { readonly logId: LogId; readonly readCap: Secret; readonly k: Secret },
	purpose: Purpose,
): Promise<
	Result<
		ProfileReading & { readonly current: NonNullable<ProfileReading["current"]> },
		ServiceError | { readonly kind: "notFound" }
	>
> {
	let reading = startProfileReading(profile.k);
	for (let after = 0; ; ) {
		const readCap: Bytes = revealed(profile.readCap);
		const page = await services.call(readRoute, { logId: profile.logId, readCap, after, limit: 64 }, purpose);
		if (!page.ok) {
			const { error } = page;
			const isMissing = error.kind === "refused" && (error.code === "notFound" || error.code === "wrongCapability");
			return err(isMissing ? { kind: "notFound" } : error);
		}
		for (const record of page.value.records) {
			const content = await openProfile(profile.k, record);
			if (content.ok) reading = await readProfileRecord(reading, content.value);
		}
		after = page.value.first - 1 + page.value.records.length;
		if (page.value.records.length > 0 && after < page.value.tip.seq) continue;
		const { current } = reading;
		return current === undefined ? err({ kind: "notFound" }) : ok({ ...reading, current });
	}
}
