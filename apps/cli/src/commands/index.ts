import type { Command } from "../command.ts";
import { accountCreate, link, rename } from "./account.ts";
import { backup, restore } from "./backup.ts";
import { answer, call, join } from "./call.ts";
import { add, contacts, safety } from "./contacts.ts";
import { conversations, history } from "./conversations.ts";
import { groupAdd, groupCreate, groupDelete, groupLeave, groupRemove } from "./group.ts";
import { groupMembers, groupPicture, groupRename, groupRole } from "./group-looks.ts";
import { deviceList, deviceRemove, deviceRename } from "./devices.ts";
import { disclose } from "./disclose.ts";
import { deviceJoin, deviceLink } from "./link-device.ts";
import { listen } from "./listen.ts";
import { accept, block, ignore, requests } from "./requests.ts";
import { send } from "./send.ts";
import { serve } from "./serve.ts";
import { goOn, reenter } from "./ways-out.ts";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
	serve,
	accountCreate,
	link,
	rename,
	add,
	requests,
	accept,
	ignore,
	block,
	contacts,
	safety,
	conversations,
	history,
	send,
	listen,
	call,
	answer,
	join,
	groupCreate,
	groupMembers,
	groupAdd,
	groupRemove,
	groupRole,
	groupRename,
	groupPicture,
	groupLeave,
	groupDelete,
	deviceList,
	deviceLink,
	deviceJoin,
	deviceRename,
	deviceRemove,
	reenter,
	goOn,
	backup,
	restore,
	disclose,
];
