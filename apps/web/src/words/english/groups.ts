/** Groups, and what happens in them. */
import { count } from "./count.ts";

/** Whom an event is about and who did it; "you" where it is oneself, which changes the verb. */
export type EventNames = {
	readonly person: string;
	/** Undefined where the person did it, or where nobody says who. */
	readonly by: string | undefined;
	readonly isMe: boolean;
	readonly byMe: boolean;
	/** A group's new name; a device's name. */
	readonly text: string;
};

/** Who acted: the one named by `by`, or the person itself. */
const actor = ({ person, by, isMe, byMe }: EventNames) => (byMe || (by === undefined && isMe) ? "You" : (by ?? person));

export const events = {
	contactAccepted: ({ person }: EventNames) => `${person} accepted. You can talk now.`,
	contactAdded: ({ person }: EventNames) => `You and ${person} are in contact.`,
	nameChanged: ({ person }: EventNames) => `Now called ${person}.`,
	forkAlarm: (_names: EventNames) => "The server showed two different histories here. Compare the safety number.",
	successor: (_names: EventNames) => "This conversation was continued safely on a fresh line.",
	groupCreated: (names: EventNames) => `${actor(names)} made this group.`,
	groupRenamed: (names: EventNames) => `${actor(names)} named the group “${names.text}”.`,
	pictureChanged: (names: EventNames) => `${actor(names)} changed the picture.`,
	personAdded: ({ person, by, isMe, byMe }: EventNames) => {
		if (byMe) return `You added ${person}.`;
		if (isMe) return by === undefined ? "You are in the group now." : `${by} added you.`;
		return by === undefined ? `${person} is in the group now.` : `${by} added ${person}.`;
	},
	personRemoved: ({ person, by, isMe, byMe }: EventNames) => {
		if (byMe) return `You removed ${person}.`;
		if (isMe) return by === undefined ? "You were removed." : `${by} removed you.`;
		return by === undefined ? `${person} was removed.` : `${by} removed ${person}.`;
	},
	personLeft: ({ person, isMe }: EventNames) => (isMe ? "You left." : `${person} left.`),
	madeAdmin: ({ person, by, isMe, byMe }: EventNames) => {
		if (byMe) return `You made ${person} an admin.`;
		if (by !== undefined) return `${by} made ${isMe ? "you" : person} an admin.`;
		return isMe ? "You are an admin now." : `${person} is an admin now.`;
	},
	madeMember: ({ person, isMe }: EventNames) =>
		isMe ? "You are no longer an admin." : `${person} is no longer an admin.`,
	deviceJoined: ({ person, isMe, text }: EventNames) => {
		if (!isMe) return `${person} uses a new device.`;
		return text === "" ? "A new device of yours is here." : `Your device “${text}” is here.`;
	},
	deviceRemoved: ({ person, isMe, text }: EventNames) => {
		if (!isMe) return `${person} removed a device.`;
		return text === "" ? "You removed a device." : `You removed your device “${text}”.`;
	},
	deviceEvicted: ({ person, isMe }: EventNames) =>
		`A device of ${isMe ? "yours" : person} was away too long and was put out. It can come back.`,
	deviceReadmitted: ({ person, isMe }: EventNames) => `A device of ${isMe ? "yours" : person} is back.`,
	misbehaved: ({ person, isMe }: EventNames) =>
		isMe
			? "A device of yours sent something that is not allowed. It was ignored. Look at your devices."
			: `A device of ${person} sent something that is not allowed. It was ignored. Ask ${person} about it.`,
};

export const groups = {
	open: "New group",
	title: "New group",
	name: "Name of the group",
	namePlaceholder: "Choir, family, the trip…",
	nameMissing: "Give the group a name.",
	nobodyPicked: "Pick at least one person.",
	create: "Create group",
	creating: "Making the group…",
	people: (n: number) => count(n, "person", "people"),
	who: "Who belongs to it",
	search: "Search people",
	nobodyToPick: "Nobody to pick yet. First you need a contact: give somebody your link, or take theirs.",
	everybodyIn: "Everybody you know is in this group already.",
	nothingFound: (text: string) => `Nobody called “${text}”.`,
	chosen: "Picked",
	takeOut: "take out again",

	picture: "Choose a picture",
	pictureChange: "Change picture",
	pictureTakeAway: "Take the picture away",
	pictureUnreadable: "That picture cannot be read. Choose a JPEG, PNG or WebP.",
	pictureChanged: "The group has a new picture.",

	members: (n: number) => count(n, "person", "people"),
	memberList: "People in this group",
	you: "You",
	admin: "Admin",
	rename: "Change the name",
	save: "Save",
	addPeople: "Add people",
	add: (n: number) => (n === 0 ? "Add" : `Add ${count(n, "person", "people")}`),
	added: "Added. They see what is said from now on.",
	actions: (name: string) => `Actions for ${name}`,
	write: (name: string) => `Write to ${name}`,
	safety: "Safety number",
	makeAdmin: "Make admin",
	makeMember: "No longer admin",
	remove: "Remove from the group",
	removeTitle: (name: string) => `Remove ${name}?`,
	removeBody: (name: string) =>
		`${name} gets nothing that is written here from now on, and sees that you did it. What they have read already stays with them.`,
	removeDo: "Remove",
	alone: "Nobody else is here. Add people, and it becomes a group.",
	onlyAdmins: "Admins add and remove people.",

	leave: "Leave group",
	leaveTitle: (name: string) => `Leave ${name}?`,
	leaveBody:
		"You get nothing that is written from now on, and the others see that you left. What was said stays here until you delete it.",
	leaveDo: "Leave",
	delete: "Delete with history",
	deleteTitle: (name: string) => `Delete ${name}?`,
	deleteBody: "All that was said here goes from all your devices, for good. The others keep theirs.",
	deleteDo: "Delete",
	deleted: "Deleted.",

	left: "You left this group.",
	removed: "You are no longer in this group.",
	removedBy: (name: string) => `${name} removed you from this group.`,
	leftBody: "What was said until then stays here, for you alone.",
	start: "This is where it begins. Only the people in this group can read it.",
	startFor: "What was said before you came is not here.",

	mentionList: "People to mention",
	mentioned: "You are mentioned",
	mentionFound: (n: number) => `${count(n, "person", "people")} to mention. Arrow keys choose, Enter takes.`,
};
