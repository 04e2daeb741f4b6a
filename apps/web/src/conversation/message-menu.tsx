import type { ConversationId } from "@sotto/client";
import { useMemo } from "react";
import { Menu, MenuItem } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useClient } from "../engine/client.tsx";
import { copyText } from "../share/copy.ts";
import { useNavigation } from "../state/route.tsx";
import { Icon } from "../ui/icons.tsx";
import { notice } from "../ui/notice.tsx";
import { words } from "../words/index.ts";
import type { MenuPlace } from "./timeline.tsx";

type MenuProps = {
	readonly conversation: ConversationId;
	readonly place: MenuPlace;
	readonly onClose: () => void;
};

/** What one can do with a message or a call. */
export function MessageMenu({ conversation, place, onClose }: MenuProps) {
	const client = useClient();
	const { go } = useNavigation();
	const { item, anchor } = place;
	const anchorRef = useMemo(() => ({ current: anchor }), [anchor]);
	const withdrawable = item.kind === "message" && item.mine && item.state !== "sent";

	const act = (action: React.Key) => {
		if (action === "exists") go({ drawer: { kind: "item", item } });
		if (action === "copy" && item.kind === "message")
			void copyText(item.text).then((done) => notice(done ? words.common.copied : words.share.copyFailed));
		if (action === "retry") void client.retryMessage(conversation, item.id);
		if (action === "discard") void client.discardMessage(conversation, item.id);
	};
	return (
		<Popover
			className="menu-pop"
			aria-label={words.common.more}
			triggerRef={anchorRef}
			isOpen
			onOpenChange={(open) => !open && onClose()}
			placement="bottom"
		>
			<Menu className="menu" aria-label={words.common.more} autoFocus="first" onAction={act} onClose={onClose}>
				<MenuItem className="menu-item" id="exists">
					<Icon name="eye" size={19} />
					{words.conversation.exists}
				</MenuItem>
				{item.kind === "message" ? (
					<MenuItem className="menu-item" id="copy">
						<Icon name="copy" size={19} />
						{words.conversation.copyText}
					</MenuItem>
				) : null}
				{item.kind === "message" && item.state === "failed" ? (
					<MenuItem className="menu-item" id="retry">
						<Icon name="retry" size={19} />
						{words.conversation.retry}
					</MenuItem>
				) : null}
				{withdrawable ? (
					<MenuItem className="menu-item danger-plain" id="discard">
						<Icon name="trash" size={19} />
						{words.conversation.discard}
					</MenuItem>
				) : null}
			</Menu>
		</Popover>
	);
}
