import type { AccountKey, MlsRules, MlsSuite, PassphraseCost } from "@sotto/crypto";
import type { ConversationRules } from "@sotto/protocol";
import type { Ledger } from "./services/ledger.ts";
import type { Services } from "./services/services.ts";
import type { Ports } from "./ports.ts";
import type { StoreTransaction } from "./store/transaction.ts";
import type { AccountId, ClientEvent, PersonView } from "./sdk.ts";

/** What every part of the engine works with. Made once, in `client.ts`. */
export type EngineContext = Ports & {
	readonly services: Services;
	readonly ledger: Ledger;
	/** The numbers of the rules; only tests change them. */
	readonly rules: ConversationRules;
	/** Of the key packages that this device makes; only tests change it. */
	readonly suite: MlsSuite;
	/** Of a backup's passphrase; only tests change it. */
	readonly passphraseCost: PassphraseCost;
	readonly mlsRules: MlsRules;
	readonly emit: (event: ClientEvent) => void;
	/** The view changed; it is told once, soon. */
	readonly changed: () => void;
	/** Runs work in the background; a failing store stops the engine. */
	readonly background: (work: Promise<unknown>) => void;
	readonly personOf: (account: AccountId) => PersonView;
	/** A member of a group says what it is called: for those who are not in contact. */
	readonly introduce: (account: AccountKey, name: string, tx: StoreTransaction) => void;
};
