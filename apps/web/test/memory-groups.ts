/** What {@link MemoryClient} does about groups. */
import { ok } from "@sotto/bytes";
import type {
	AccountId,
	CommandResult,
	ConversationId,
	ConversationView,
	EventItem,
	GroupRole,
	MemberView,
	PersonView,
	SottoClient,
} from "@sotto/client";
import { MemoryCore } from "./memory-core.ts";
import { me } from "./people.ts";

type Needed = Pick<
	SottoClient,
	| "createGroup"
	| "addPeople"
	| "removePerson"
	| "leaveGroup"
	| "renameGroup"
	| "setGroupPicture"
	| "setRole"
	| "picture"
	| "deleteConversation"
>;

export const memberOf = (person: PersonView, role: GroupRole = "member"): MemberView => ({
	...person,
	role,
	isMe: person.account === me.account,
});

/** A group of oneself, an admin, and these people. */
export const groupView = (
	id: ConversationId,
	title: string,
	members: readonly MemberView[],
	change: Partial<ConversationView> = {},
): ConversationView => ({
	id,
	kind: "group",
	title,
	people: members.filter(({ isMe }) => !isMe),
	members,
	myRole: members.find(({ isMe }) => isMe)?.role ?? "member",
	pictureId: undefined,
	phase: "active",
	alarm: undefined,
	last: undefined,
	unread: 0,
	mentioned: false,
	ongoingCall: undefined,
	...change,
});

/** A picture of nobody: dunes under a sun. */
async function drawnPicture(): Promise<Uint8Array<ArrayBuffer>> {
	const canvas = new OffscreenCanvas(256, 256);
	const context = canvas.getContext("2d");
	if (context !== null) {
		const sky = context.createLinearGradient(0, 0, 0, 256);
		sky.addColorStop(0, "oklch(78% 0.09 60)");
		sky.addColorStop(1, "oklch(92% 0.05 85)");
		context.fillStyle = sky;
		context.fillRect(0, 0, 256, 256);
		context.fillStyle = "oklch(97% 0.04 90)";
		context.beginPath();
		context.arc(164, 92, 34, 0, Math.PI * 2);
		context.fill();
		for (const [place, hue] of [40, 30, 20].entries()) {
			context.fillStyle = `oklch(${62 - place * 12}% 0.09 ${hue})`;
			context.beginPath();
			context.ellipse(60 + place * 80, 250 + place * 22, 190, 96, -0.12, 0, Math.PI * 2);
			context.fill();
		}
	}
	return new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp" })).arrayBuffer());
}

export class MemoryGroups extends MemoryCore implements Needed {
	readonly #pictures = new Map<ConversationId, Uint8Array<ArrayBuffer>>();

	async createGroup(input: Parameters<SottoClient["createGroup"]>[0]) {
		return this.do("createGroup", [input], () => {
			const conversation = `group ${this.next()}`;
			const people = input.people.flatMap((account) => this.#personOf(account) ?? []);
			const members = [memberOf(me, "admin"), ...people.map((person) => memberOf(person))];
			if (input.picture !== undefined) this.#pictures.set(conversation, input.picture);
			const pictureId = input.picture === undefined ? undefined : `picture ${conversation}`;
			const fresh = groupView(conversation, input.name, members, { pictureId });
			if (this.state.view.phase === "ready") this.change({ conversations: [fresh, ...this.state.view.conversations] });
			this.#happened(conversation, { event: "groupCreated", person: me });
			return { conversation };
		});
	}

	async addPeople(conversation: ConversationId, people: readonly AccountId[]): Promise<CommandResult> {
		return this.do("addPeople", [conversation, people], () => {
			const added = people.flatMap((account) => this.#personOf(account) ?? []);
			this.#setMembers(conversation, (members) => [...members, ...added.map((person) => memberOf(person))]);
			for (const person of added) this.#happened(conversation, { event: "personAdded", person, by: me });
		});
	}

	async removePerson(conversation: ConversationId, person: AccountId): Promise<CommandResult> {
		return this.do("removePerson", [conversation, person], () => {
			const removed = this.#personOf(person);
			this.#setMembers(conversation, (members) => members.filter(({ account }) => account !== person));
			this.#happened(conversation, { event: "personRemoved", person: removed, by: me });
		});
	}

	async leaveGroup(conversation: ConversationId): Promise<CommandResult> {
		return this.do("leaveGroup", [conversation], () => {
			this.#happened(conversation, { event: "personLeft", person: me });
			this.changeConversation(conversation, { phase: "left" });
		});
	}

	async renameGroup(conversation: ConversationId, name: string): Promise<CommandResult> {
		return this.do("renameGroup", [conversation, name], () => {
			this.changeConversation(conversation, { title: name });
			this.#happened(conversation, { event: "groupRenamed", person: me, text: name });
		});
	}

	async setGroupPicture(conversation: ConversationId, picture: Uint8Array<ArrayBuffer> | undefined) {
		return this.do("setGroupPicture", [conversation, picture], () => {
			if (picture === undefined) this.#pictures.delete(conversation);
			else this.#pictures.set(conversation, picture);
			const pictureId = picture === undefined ? undefined : `picture ${this.next()}`;
			this.changeConversation(conversation, { pictureId });
			this.#happened(conversation, { event: "pictureChanged", person: me });
		});
	}

	async setRole(conversation: ConversationId, person: AccountId, role: GroupRole): Promise<CommandResult> {
		return this.do("setRole", [conversation, person, role], () => {
			this.#setMembers(conversation, (members) =>
				members.map((member) => (member.account === person ? { ...member, role } : member)),
			);
			const event = role === "admin" ? "madeAdmin" : "madeMember";
			this.#happened(conversation, { event, person: this.#personOf(person), by: me });
		});
	}

	async picture(conversation: ConversationId) {
		return ok({ bytes: this.#pictures.get(conversation) ?? (await drawnPicture()) });
	}

	async deleteConversation(conversation: ConversationId): Promise<CommandResult> {
		return this.do("deleteConversation", [conversation], () => {
			if (this.state.view.phase !== "ready") return;
			this.change({ conversations: this.state.view.conversations.filter(({ id }) => id !== conversation) });
		});
	}

	#personOf(account: AccountId): PersonView | undefined {
		if (this.state.view.phase !== "ready") return undefined;
		return this.state.view.conversations.flatMap(({ people }) => people).find((one) => one.account === account);
	}

	#setMembers(id: ConversationId, change: (members: readonly MemberView[]) => readonly MemberView[]): void {
		if (this.state.view.phase !== "ready") return;
		const members = change(this.state.view.conversations.find((one) => one.id === id)?.members ?? []);
		this.changeConversation(id, { members, people: members.filter(({ isMe }) => !isMe) });
	}

	#happened(conversation: ConversationId, change: Pick<EventItem, "event" | "person"> & Partial<EventItem>): void {
		const id = `event ${this.next()}`;
		this.put(conversation, { kind: "event", id, at: Date.now(), by: undefined, text: undefined, ...change });
	}
}
