/** Several devices of one person. */
import { count } from "./count.ts";

const conversations = (n: number) => count(n, "conversation", "conversations");

export const devices = {
	title: "Devices",
	body: "Each of them takes part in all your conversations.",
	this: "This device",
	linkedOn: (day: string) => `Linked ${day}`,
	primary: "Manages your account",
	list: "Your devices",
	rename: (name: string) => `Rename ${name}`,
	remove: (name: string) => `Remove ${name}`,
	removeTitle: (name: string) => `Remove ${name}?`,
	removeBody: (name: string) =>
		`${name} is locked out of your conversations, one after the other, and gets nothing new. What it has already stays on it: if it was stolen, tell the people you talk to.`,
	removeDo: "Remove device",
	renameTitle: "Name of the device",
	renameHint: "Only you see it.",
	save: "Save",
	onlyPrimary: (name: string) => `Devices are linked and removed on ${name}, which manages your account.`,
	onlyPrimaryUnknown: "Devices are linked and removed on the one that manages your account.",
	nameElsewhere: "It is changed on a device that manages your account.",
	unnamed: "Unnamed device",

	link: "Link a device",
	linkBody: "On the new device open Sotto and choose “I use Sotto already”. Type the code that it shows, or scan it.",
	code: "Code of the new device",
	codePlaceholder: "XXXXX-XXXXX",
	codeMissing: "Type the code that the new device shows.",
	notACode: "That is not what a new device shows. Look at it once more; it is ten letters and digits.",
	six: "You have six devices, and more there cannot be.",
	busy: "Another device is being linked. Finish that first.",
	scan: "Scan the code",
	go: "Continue",

	coming: "Your conversations are coming",
	comingBody: "One after the other, within a minute or so.",

	jobs: {
		addDevice: (name: string, done: number, total: number) => `${name} is in ${done} of ${conversations(total)}`,
		removeDevice: (name: string, done: number, total: number) =>
			`${name} is locked out of ${done} of ${conversations(total)}`,
		sendHistory: (name: string, done: number, total: number) =>
			total === 0
				? `What was said before goes to ${name} once it is in your conversations`
				: `What was said before goes to ${name}: ${done} of ${conversations(total)}`,
		receiveHistory: (_name: string, done: number, total: number) =>
			total === 0 ? "What was said before is coming" : `What was said before is coming: ${done} of ${total} parts`,
	},
	jobsDone: {
		addDevice: (name: string) => `${name} is in all your conversations.`,
		removeDevice: (name: string) => `${name} is locked out of everything.`,
		sendHistory: (name: string) => `What was said before is on its way to ${name}.`,
		receiveHistory: () => "What was said before is here.",
	},
	jobsFailed: {
		addDevice: (name: string) => `${name} could not be let in everywhere. Link it again.`,
		removeDevice: (name: string) =>
			`${name} is still in a conversation that this device cannot follow. It is locked out there once that goes on.`,
		sendHistory: (name: string) => `What was said before could not be sent to ${name}.`,
		receiveHistory: () => "What was said before did not arrive whole. It is still on your other device.",
	},
	waiting: "Waits for the network, then goes on.",
	dismiss: "OK",
};

export const linking = {
	open: "I use Sotto already: link this device",
	title: "Link this device",
	body: "On a device with your account open Settings, Devices, “Link a device”. Scan this there, or type the code.",
	qrLabel: "QR code that links this device",
	code: "Code",
	expires: (duration: string) => `Good for ${duration}.`,
	expired: "The code has run out.",
	connecting: "The two devices are getting in touch…",
	compare: "Do both screens show this number?",
	compareNew: "Look at your other device. If the numbers are the same, nobody stands between the two.",
	compareAccount: (name: string) =>
		`Look at ${name}. If it is yours and shows the same number, let it in: it will read and write in your name.`,
	digits: (digits: string) => `The number is ${digits}`,
	manages: "It may manage my account too",
	managesHint: "Link and remove devices, and change your name. Choose this for one that stays with you.",
	same: "They are the same",
	differ: "They differ",
	confirmed: "Now press the same on the other device.",
	transferring: "Your account is on the way.",
	transferringBody: "Leave both devices open until it is there.",
	done: (name: string) => `${name} is linked.`,
	doneBody:
		"It enters your conversations now, and what was said before follows. Leave Sotto open here until it is there.",
	doneNotice: "This device is linked. Your conversations are coming, with what was said before.",
	cancel: "Cancel",
	again: "Try again",
	close: "Close",
	failed: {
		mismatch: {
			title: "The numbers differed",
			body: "Nothing was handed over. Try again on another network; if they differ again, somebody stands between the two.",
		},
		expired: { title: "The code has run out", body: "Nothing was handed over. Start again, with a fresh code." },
		wrongCode: {
			title: "No device waits with that code",
			body: "Nothing was handed over. Look at the new device and type what it shows now.",
		},
		unreachable: {
			title: "The two did not find each other",
			body: "Nothing was handed over. See that both have a network, then try again.",
		},
		tooManyDevices: { title: "There are six devices already", body: "More there cannot be. This one was not linked." },
		cancelled: { title: "It was called off", body: "Nothing was handed over." },
	},
};
