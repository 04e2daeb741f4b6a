import { err, ok, type Result } from "@sotto/bytes";
import type { AccountKey, LogId } from "@sotto/crypto";
import type { Wish } from "@sotto/protocol";
import type { Secret } from "@sotto/bytes";
import { validPackages } from "../contacts/form-group.ts";
import { readProfile } from "../contacts/read-profile.ts";
import type { EngineContext } from "../context.ts";
import type { CommandError } from "../sdk.ts";
import { commandErrorOf, type Purpose } from "../services/services.ts";

/**
 * The wish that an account's devices are in, with the packages that its profile offers now. `version`: the highest that was seen of
 * the profile. Errors: `linkLapsed`, no device there has a package that is still valid; `refused`, the home shows an older profile;
 * what keeps the profile from being read.
 */
export async function wishForDevices(
	{ services, clock }: Pick<EngineContext, "services" | "clock">,
	whose: { readonly account: AccountKey; readonly profile: ProfileRef; readonly version: number },
	purpose: Purpose,
): Promise<Result<Wish & { readonly kind: "devicesIn" }, CommandError>> {
	const profile = await readProfile(services, whose.profile, purpose);
	if (!profile.ok)
		return err(profile.error.kind === "notFound" ? { kind: "linkLapsed" } : commandErrorOf(profile.error));
	// D1: whoever adds judges by the newest list. A home that shows an older one could bring a removed device back.
	if (profile.value.current.version.number < whose.version) return err({ kind: "refused", code: "oldProfile" });
	const devices = await validPackages(profile.value, clock.now());
	if (devices.length === 0) return err({ kind: "linkLapsed" });
	const { mailbox, ringAddress } = profile.value.current.version;
	const letterTo = { ...mailbox, ...(ringAddress === undefined ? {} : { ringAddress }) };
	return ok({ kind: "devicesIn", account: whose.account, devices, letterTo });
}

type ProfileRef = { readonly logId: LogId; readonly readCap: Secret; readonly k: Secret };
