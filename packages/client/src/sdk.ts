/**
 * The face of the client engine: what an app sees and what it may ask for. Everything here survives structured cloning,
 * because in a browser the engine lives in a SharedWorker and the page holds a proxy of {@link SottoClient}.
 *
 * Ids are opaque text (base64url) that only the engine interprets.
 */
import type { Result } from "@sotto/bytes";

export type ConversationId = string;
export type AccountId = string;
export type DeviceId = string;
export type RequestId = string;
/** A message's identity in a conversation; stable from "sending" to "sent". */
export type ItemId = string;
export type CallKey = string;
/** Milliseconds since 1970. */
export type Time = number;

export type ClientView =
	| { readonly phase: "loading" }
	/** Another process or browser profile copy holds this profile's lock. */
	| { readonly phase: "locked" }
	| { readonly phase: "noAccount" }
	/** A device without an account that is being linked to one (D2). */
	| { readonly phase: "linking"; readonly linking: LinkingView }
	/**
	 * The local store cannot be used (refused, full, broken), or was taken away while it was in use ("storageLost": eviction);
	 * `reason` is a tag for the catalogue.
	 */
	| {
			readonly phase: "broken";
			readonly reason: "storageUnavailable" | "storageLost" | "storageFull" | "rolledBack";
	  }
	| ReadyView;

export type ReadyView = {
	readonly phase: "ready";
	readonly me: PersonView & { readonly link: string };
	readonly network: NetworkView;
	/** Newest activity first. */
	readonly conversations: readonly ConversationView[];
	/** People who ask for contact; newest first. */
	readonly requests: readonly RequestView[];
	/** Newest first, at most 100. */
	readonly calls: readonly CallRecordView[];
	readonly call: CallView | undefined;
	/** What is wrong around this device that its user can put right. Nothing is lost meanwhile. */
	readonly troubles: readonly TroubleView[];
	/** This account's devices, this one first. */
	readonly devices: readonly DeviceView[];
	/** Long work that goes on in the background and survives a restart; what ended stays until {@link SottoClient.dismissJob}. */
	readonly jobs: readonly JobView[];
	/** Another device is being linked from here (D2). */
	readonly linking: LinkingView | undefined;
	/** Settings that follow the account over its devices; keys and values are the app's. */
	readonly settings: Readonly<Record<string, string>>;
};

export type TroubleView =
	/** The last write found no room on this device. What waits in memory is written as soon as there is room. */
	| { readonly kind: "deviceFull" }
	/** The server has no room: messages wait here. */
	| { readonly kind: "serverFull" }
	/** Another device has removed this one from the account: it takes part in nothing any more. What it has stays readable. */
	| { readonly kind: "deviceRemoved" }
	/** This device's clock is ahead of the server's by so much, or behind it (negative). Only advice: the server says so. */
	| { readonly kind: "clockOff"; readonly byMs: number };

export type DeviceView = {
	readonly id: DeviceId;
	/** "" as long as nobody named it. */
	readonly name: string;
	readonly linkedAt: Time;
	readonly thisDevice: boolean;
	/** Holds the account key: may link and remove devices (D1). */
	readonly primary: boolean;
};

export type JobView = {
	readonly id: string;
	/**
	 * "addDevice": a new device enters every conversation; "removeDevice": one is locked out of them; "sendHistory" and
	 * "receiveHistory": what was said before goes to a new device, which shows no name for it.
	 */
	readonly kind: "addDevice" | "removeDevice" | "sendHistory" | "receiveHistory";
	readonly deviceName: string;
	/** Conversations; of what is received, parts. */
	readonly done: number;
	readonly total: number;
	readonly state: "running" | "waiting" | "done" | "failed";
};

/** Linking a device, as either side's screen shows it (D2). */
export type LinkingView =
	/** The new device shows this; `code` is typed, `qr` is scanned on the other. */
	| { readonly step: "showCode"; readonly code: string; readonly qr: string; readonly expiresAt: Time }
	| { readonly step: "connecting" }
	/** Both screens show the same digits if nobody is in between: the short authentication string. */
	| { readonly step: "compare"; readonly digits: string; readonly otherName: string; readonly confirmedHere: boolean }
	| { readonly step: "transferring"; readonly done: number; readonly total: number }
	| { readonly step: "done"; readonly otherName: string }
	| {
			readonly step: "failed";
			readonly reason: "mismatch" | "expired" | "wrongCode" | "unreachable" | "tooManyDevices" | "cancelled";
	  };

export type NetworkView =
	| { readonly phase: "online" }
	| { readonly phase: "connecting" }
	| { readonly phase: "offline"; readonly since: Time };

export type PersonView = {
	readonly account: AccountId;
	readonly name: string;
	/** 0 to 359, stable, from the account key: the avatar's colour. */
	readonly hue: number;
	readonly verified: boolean;
};

/** What a person may do in a group (C9): admins add, remove and rename. */
export type GroupRole = "admin" | "member";

export type MemberView = PersonView & { readonly role: GroupRole; readonly isMe: boolean };

export type ConversationView = {
	readonly id: ConversationId;
	readonly kind: "direct" | "group";
	readonly title: string;
	/** Everybody but oneself. */
	readonly people: readonly PersonView[];
	/** Everybody with their roles, oneself first. */
	readonly members: readonly MemberView[];
	readonly myRole: GroupRole;
	/** Changes with a group's picture; {@link SottoClient.picture} has the bytes. Undefined: it has none. */
	readonly pictureId: string | undefined;
	/**
	 * "asked": the other side has not accepted yet; what is written waits there. "left": oneself left or was removed; what was
	 * said stays readable. "stopped": see `alarm`.
	 */
	readonly phase: "asked" | "active" | "left" | "stopped";
	readonly alarm: AlarmView | undefined;
	readonly last: HistoryItem | undefined;
	readonly unread: number;
	/** Whether something unread mentions oneself. */
	readonly mentioned: boolean;
	/** A call goes on in this conversation now that one could join. */
	readonly ongoingCall: CallKey | undefined;
};

/** Something the user must know about a conversation; the words are in the app's catalogue. */
export type AlarmView =
	| { readonly kind: "forked"; readonly at: Time }
	| { readonly kind: "stranded"; readonly by: PersonView | undefined }
	| { readonly kind: "rolledBack" }
	/** What this device stored of the conversation can no longer be read. */
	| { readonly kind: "damaged" }
	/** This device was restored from a backup and is not let in yet (D3): one reads, and cannot write. */
	| { readonly kind: "waiting" }
	/** Others put this device out, because it was silent for long; its account is still in, and it asks to come back. */
	| { readonly kind: "evicted" }
	| { readonly kind: "serverLostRecords" };

export type RequestView = {
	readonly id: RequestId;
	readonly person: PersonView;
	readonly greeting: string;
	readonly at: Time;
	/** Somebody who is no contact wants to take one into this group; undefined: asks for contact alone. */
	readonly group?: { readonly name: string; readonly people: number } | undefined;
};

export type HistoryItem = MessageItem | CallItem | EventItem;

export type MessageItem = {
	readonly kind: "message";
	readonly id: ItemId;
	readonly author: PersonView;
	readonly mine: boolean;
	readonly text: string;
	/** Who is mentioned by name in the text. */
	readonly mentions: readonly PersonView[];
	readonly mentionsMe: boolean;
	readonly sentAt: Time;
	/** "sent" means that it counts in the conversation's order (C5), not merely that the server took it. */
	readonly state: "sending" | "sent" | "failed";
};

export type CallItem = CallRecordView & { readonly kind: "call"; readonly id: ItemId };

export type EventItem = {
	readonly kind: "event";
	readonly id: ItemId;
	readonly at: Time;
	readonly event: ConversationEvent;
	/** Whom it is about. */
	readonly person: PersonView | undefined;
	/** Who did it, where that is somebody else. */
	readonly by: PersonView | undefined;
	/** A group's new name; a device's name. */
	readonly text: string | undefined;
};

export type ConversationEvent =
	| "contactAccepted"
	| "contactAdded"
	| "nameChanged"
	| "forkAlarm"
	/** The conversation goes on in a new group (C10). */
	| "successor"
	| "groupCreated"
	| "groupRenamed"
	| "pictureChanged"
	| "personAdded"
	| "personRemoved"
	| "personLeft"
	| "madeAdmin"
	| "madeMember"
	/** A device of `person` came in, was removed, was away too long (and was put out), or was admitted again (D3). */
	| "deviceJoined"
	| "deviceRemoved"
	| "deviceEvicted"
	| "deviceReadmitted"
	/** `person` sent something that the rules forbid, signed by itself. */
	| "misbehaved";

export type CallRecordView = {
	readonly call: CallKey;
	readonly conversation: ConversationId;
	readonly title: string;
	readonly direction: "incoming" | "outgoing";
	readonly outcome: "ongoing" | "answered" | "missed" | "declined" | "cancelled" | "busy" | "noAnswer" | "failed";
	readonly video: boolean;
	readonly startedAt: Time;
	readonly durationMs: number;
};

/** The one call of this client. The media itself lives in the page (`MediaSession` of the platform); this is its frame. */
export type CallView = {
	readonly call: CallKey;
	readonly conversation: ConversationId;
	readonly title: string;
	readonly kind: "direct" | "group";
	readonly people: readonly PersonView[];
	/** Who began it; undefined if that was oneself, or before this device came in. */
	readonly caller: PersonView | undefined;
	readonly direction: "incoming" | "outgoing";
	/** Whether the caller started with picture. */
	readonly video: boolean;
	readonly phase:
		| { readonly name: "ringing"; readonly since: Time; readonly giveUpAt: Time }
		| { readonly name: "joining"; readonly since: Time }
		| { readonly name: "connected"; readonly since: Time }
		| { readonly name: "reconnecting"; readonly since: Time; readonly connectedAt: Time }
		| {
				readonly name: "ended";
				readonly at: Time;
				readonly durationMs: number;
				readonly reason:
					| "hungUp"
					| "remoteHungUp"
					| "declined"
					| "busy"
					| "cancelled"
					| "noAnswer"
					| "missed"
					| "failed"
					| "elsewhere";
		  };
};

/** One line of "What the server sees", recorded where the request left this device. */
export type LedgerEntry = {
	readonly id: string;
	readonly at: Time;
	/** What the user did, or what the app did by itself. */
	readonly cause:
		| {
				readonly kind: "message" | "call" | "contact" | "account" | "sync" | "presence";
				readonly title: string | undefined;
		  }
		| undefined;
	readonly role: "home" | "notifier" | "sfu";
	readonly action:
		| "createLog"
		| "append"
		| "read"
		| "trim"
		| "deleteLog"
		| "putBlob"
		| "getBlob"
		| "ring"
		| "attach"
		| "rung"
		| "createRoom"
		| "joinRoom"
		| "mediaFlow"
		| "notifierKey";
	/** Exactly what that role could note: random ids shortened, sizes in bytes, times. */
	readonly saw: readonly {
		readonly field:
			| "log"
			| "blob"
			| "room"
			| "wakeId"
			| "participant"
			| "bytes"
			| "records"
			| "urgency"
			| "ip"
			| "durationMs"
			| "packets";
		readonly value: string | number;
	}[];
	/** The history item this belongs to, for "What exists about this?". */
	readonly item: ItemId | undefined;
};

export type SafetyNumber = {
	/** 12 groups of 5 digits; the same on both sides. */
	readonly groups: readonly string[];
	/** What the QR code holds; {@link SottoClient.compareSafetyNumber} takes it. */
	readonly qr: string;
	readonly verified: boolean;
};

/** Why a command could not be done; the catalogue has a sentence for each. */
export type CommandError = {
	readonly kind:
		| "badName"
		| "badLink"
		| "ownLink"
		| "linkLapsed"
		/** The link is of another server: clients call their own home alone. */
		| "otherServer"
		| "alreadyContact"
		| "blocked"
		| "unreachable"
		| "refused"
		| "notFound"
		| "emptyText"
		| "tooLong"
		| "alreadyInCall"
		| "noSuchCall"
		| "storageFull"
		| "notReady"
		| "mismatch"
		/** Only an admin of the group may. */
		| "notAdmin"
		/** A group keeps at least one admin: name another first. */
		| "lastAdmin"
		| "alreadyMember"
		| "notMember"
		/** More people, devices or bytes than there may be. */
		| "tooMany"
		| "wrongPassphrase"
		/** A new backup's, of fewer than 10 characters. */
		| "shortPassphrase"
		| "badFile"
		/** Only a device with the account key may (D1). */
		| "notPrimary"
		/** A device does not remove itself. */
		| "thisDevice";
	/** A server's refusal code, for the details of an error, never alone on screen. */
	readonly code?: string;
};

export type CommandResult<T = void> = Result<T, CommandError>;

/** What one history page holds; `older` is what to pass as `before` for the next one. */
export type HistoryPage = { readonly items: readonly HistoryItem[]; readonly older: string | undefined };

export type ClientEvent =
	| { readonly kind: "view"; readonly view: ClientView }
	/** Items of a watched conversation that are new or changed (by id), oldest first. */
	| {
			readonly kind: "history";
			readonly conversation: ConversationId;
			readonly items: readonly HistoryItem[];
			readonly removed: readonly ItemId[];
	  }
	/** Another device has handed over what was said in a conversation before: its pages are to be read anew. */
	| { readonly kind: "historyCame"; readonly conversation: ConversationId }
	| { readonly kind: "ledger"; readonly entries: readonly LedgerEntry[] }
	/** A message of somebody else that was not shown before: for sounds, notifications and `sotto listen`. */
	| {
			readonly kind: "arrived";
			readonly conversation: ConversationId;
			readonly title: string;
			readonly item: HistoryItem;
	  }
	| { readonly kind: "requested"; readonly request: RequestView }
	/** The current call's room or keys changed; ask {@link SottoClient.callMedia} again. */
	| { readonly kind: "callMedia"; readonly call: CallKey }
	/** How far a command that takes long has come: a backup in conversations, its restoring in bytes. */
	| {
			readonly kind: "progress";
			readonly task: "exportBackup" | "restoreBackup";
			readonly done: number;
			readonly total: number;
	  };

export interface SottoClient {
	/** The view now; every change comes as an event. */
	view(): Promise<ClientView>;
	/** Calls `listener` with every event from now on; returns how to stop. */
	onEvent(listener: (event: ClientEvent) => void): () => void;
	/** Stops the network and releases the lock; everything durable is already on disk. */
	close(): Promise<void>;

	createAccount(input: { readonly name: string; readonly home: string }): Promise<CommandResult>;
	rename(name: string): Promise<CommandResult>;

	/** Asks the owner of a contact link for contact. The greeting is the request's first words, may be empty. */
	addContact(link: string, greeting?: string): Promise<CommandResult<{ readonly conversation: ConversationId }>>;
	acceptRequest(request: RequestId): Promise<CommandResult<{ readonly conversation: ConversationId }>>;
	ignoreRequest(request: RequestId): Promise<CommandResult>;
	blockRequest(request: RequestId): Promise<CommandResult>;

	/** Durable when it returns; sent when its item says so. */
	sendMessage(
		conversation: ConversationId,
		text: string,
		options?: { readonly mentions?: readonly AccountId[] },
	): Promise<CommandResult<{ readonly item: ItemId }>>;
	retryMessage(conversation: ConversationId, item: ItemId): Promise<CommandResult>;
	/** Withdraws a message that has not been sealed yet, or that failed. */
	discardMessage(conversation: ConversationId, item: ItemId): Promise<CommandResult>;
	markRead(conversation: ConversationId): Promise<CommandResult>;
	/** Newest page without `before`; items oldest first. At most 200 a page. */
	history(
		conversation: ConversationId,
		options?: { readonly before?: string; readonly limit?: number },
	): Promise<HistoryPage>;
	/**
	 * Reads everything new from the server now; resolves when this client has reached the tips, and what waited to go out has
	 * gone out or has to wait for a better time. Before `close` it says that nothing is left half done.
	 */
	sync(): Promise<CommandResult>;

	safetyNumber(conversation: ConversationId): Promise<CommandResult<SafetyNumber>>;
	compareSafetyNumber(conversation: ConversationId, qr: string): Promise<CommandResult>;
	setVerified(conversation: ConversationId, verified: boolean): Promise<CommandResult>;

	// ---- groups

	/** Begins a group with contacts; the creator is its admin. Durable when it returns. */
	createGroup(input: {
		readonly name: string;
		readonly people: readonly AccountId[];
		readonly picture?: Uint8Array<ArrayBuffer>;
	}): Promise<CommandResult<{ readonly conversation: ConversationId }>>;
	addPeople(conversation: ConversationId, people: readonly AccountId[]): Promise<CommandResult>;
	removePerson(conversation: ConversationId, person: AccountId): Promise<CommandResult>;
	leaveGroup(conversation: ConversationId): Promise<CommandResult>;
	renameGroup(conversation: ConversationId, name: string): Promise<CommandResult>;
	/** A JPEG, PNG or WebP of at most 12 KiB; undefined takes it away. */
	setGroupPicture(conversation: ConversationId, picture: Uint8Array<ArrayBuffer> | undefined): Promise<CommandResult>;
	setRole(conversation: ConversationId, person: AccountId, role: GroupRole): Promise<CommandResult>;
	/** The bytes of a group's picture. */
	picture(conversation: ConversationId): Promise<CommandResult<{ readonly bytes: Uint8Array<ArrayBuffer> }>>;
	/** Takes a conversation that was left, with its history, off this account's devices. */
	deleteConversation(conversation: ConversationId): Promise<CommandResult>;

	// ---- devices

	/** On a device without an account: shows a code for another device of the account (D2). The view says the rest. */
	startLinking(input: { readonly home: string; readonly deviceName: string }): Promise<CommandResult>;
	/** On a primary device: takes the code that the new device shows, typed or scanned. */
	linkDevice(code: string): Promise<CommandResult>;
	/**
	 * Whether both screens show the same digits, as the user says; on either side. `primary`, on the device with the account:
	 * gives the new device the account key too, so that it may link and remove devices (D1). Not unless the user asks for it.
	 */
	confirmLinking(same: boolean, options?: { readonly primary?: boolean }): Promise<CommandResult>;
	/** Ends linking, or takes its last word off the screen. */
	cancelLinking(): Promise<CommandResult>;
	renameDevice(device: DeviceId, name: string): Promise<CommandResult>;
	/** On a primary device. Begins a resumable job; see {@link ReadyView.jobs}. */
	removeDevice(device: DeviceId): Promise<CommandResult>;
	/** Takes what ended off the list of jobs. */
	dismissJob(job: string): Promise<CommandResult>;
	changeSetting(key: string, value: string): Promise<CommandResult>;

	/**
	 * The user asks that this device be let into a conversation again (C3, C7, D3): where it stopped as stranded, rolled back or damaged; where
	 * it waits, the next member is asked now. Somebody there has to be online.
	 */
	askReadmission(conversation: ConversationId): Promise<CommandResult>;

	/**
	 * Goes on in a new group where the one there is cannot be followed (C10): "stopped" as stranded, or because the server shows another history. Only
	 * an admin of a group may, or either of two people. Whoever is to blame is left out of it; the others enter by themselves. Errors: `notAdmin`,
	 * `refused` where it goes on as it is.
	 */
	startSuccessor(conversation: ConversationId): Promise<CommandResult>;

	// ---- backup

	/**
	 * Everything but MLS state (C7), in one file sealed under the passphrase (Argon2id, docs/spec/archive.md). Progress comes as
	 * events.
	 */
	exportBackup(passphrase: string): Promise<CommandResult<{ readonly file: Uint8Array<ArrayBuffer> }>>;
	/**
	 * On a device without an account: becomes the device that takes the place of the one the file is of. Needs the server. Its
	 * conversations can be read at once, and written in as soon as somebody in them has let it in ({@link AlarmView} "waiting").
	 */
	restoreBackup(input: {
		readonly file: Uint8Array<ArrayBuffer>;
		readonly passphrase: string;
		/** The server's address, where it is another one than the file says. */
		readonly home?: string;
	}): Promise<CommandResult>;

	// ---- calls

	/** `ring: false` opens the call without ringing anybody: the others see that it goes on. */
	startCall(
		conversation: ConversationId,
		options: { readonly video: boolean; readonly ring?: boolean },
	): Promise<CommandResult<{ readonly call: CallKey }>>;
	/** Joins the call that goes on in a conversation ({@link ConversationView.ongoingCall}), ringing nobody. */
	joinCall(
		conversation: ConversationId,
		options: { readonly video: boolean },
	): Promise<CommandResult<{ readonly call: CallKey }>>;
	answerCall(call: CallKey): Promise<CommandResult>;
	declineCall(call: CallKey, message?: string): Promise<CommandResult>;
	hangUp(call: CallKey): Promise<CommandResult>;
	/** What the page's media needs to join the call's room; see {@link CallMedia}. */
	callMedia(call: CallKey): Promise<CommandResult<CallMedia>>;
	/** The page tells the engine how its media is, so that the call's phase is true. */
	reportMedia(call: CallKey, report: MediaReport): Promise<CommandResult>;
	/** Seals this device's roster entry (K4) for the room's data channel. */
	sealRoster(call: CallKey, entry: RosterInput): Promise<CommandResult<Uint8Array<ArrayBuffer>>>;
	/** Opens and verifies another participant's roster entry; who it is, and from which counters its frames may be decoded. */
	openRoster(call: CallKey, sealed: Uint8Array<ArrayBuffer>): Promise<CommandResult<RosterOutput>>;

	/** Newest first, at most `limit` of the last 2,000 entries. */
	ledger(limit: number): Promise<readonly LedgerEntry[]>;
	/** What exists about one message or call. */
	ledgerOf(item: ItemId): Promise<readonly LedgerEntry[]>;
}

/** Room and keys of a call at its current m (K2). `callBase` is 32 secret bytes: hand it to the SFrame worker and forget it. */
export type CallMedia = {
	readonly call: CallKey;
	/** ws: or wss: address of the sfu's join door. */
	readonly joinUrl: string;
	/** http: or https: address where the room is created. */
	readonly createUrl: string;
	readonly m: number;
	readonly roomId: Uint8Array<ArrayBuffer>;
	readonly joinPublicKey: Uint8Array<ArrayBuffer>;
	/** Ed25519, not extractable: signs the join (K6). */
	readonly joinKey: CryptoKey;
	readonly callBases: readonly { readonly m: number; readonly callBase: Uint8Array<ArrayBuffer> }[];
};

export type MediaReport =
	| { readonly phase: "joining" }
	/** Somebody else's frames are being decoded. */
	| { readonly phase: "connected"; readonly participants: number }
	| { readonly phase: "reconnecting" }
	| { readonly phase: "roomGone" }
	| { readonly phase: "failed"; readonly reason: string }
	/** For the ledger: what the room could count. */
	| {
			readonly phase: "ended";
			readonly participant: string;
			readonly packets: number;
			readonly bytes: number;
			readonly durationMs: number;
	  };

/** What a participant says of itself, sealed and signed: the room's server knows none of it. */
export type RosterSigns = {
	readonly muted: boolean;
	/** When the hand went up, ms since 1970 by its owner's clock; undefined while it is down. */
	readonly handRaisedAt: number | undefined;
	readonly camera: boolean;
	readonly screen: boolean;
	/** What its author sends, or is sent, arrives with gaps. */
	readonly weakLine: boolean;
};

export type RosterInput = {
	/** Rises with each entry of a participant id: an older one, played again, is refused. */
	readonly count: number;
	readonly signs: RosterSigns;
	/** Those of the last seconds, numbered through, at most 8. */
	readonly reactions: readonly { readonly n: number; readonly emoji: string }[];
	readonly participantId: Uint8Array<ArrayBuffer>;
	readonly m: number;
	readonly supersedes: Uint8Array<ArrayBuffer> | undefined;
	/** Per stream (0 audio, 1 camera, 2 screen), as they stood 5 s ago. */
	readonly counters: readonly number[];
	readonly seen: readonly Uint8Array<ArrayBuffer>[];
};

export type RosterOutput = RosterInput & { readonly person: PersonView; readonly leaf: number };
