import type { ReactNode } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { words } from "../words/index.ts";
import { IconButton } from "./button.tsx";

type SheetProps = {
	readonly title: string;
	readonly onClose: () => void;
	/** A press outside does not close it. */
	readonly stays?: boolean;
	/** "alertdialog" asks for a decision. */
	readonly role?: "dialog" | "alertdialog";
	readonly children: ReactNode;
};

/** A dialog in the middle of a wide screen, from below on a phone; Escape and a tap outside close it. */
export function Sheet({ title, onClose, role = "dialog", stays = false, children }: SheetProps) {
	return (
		<ModalOverlay className="veil" isOpen isDismissable={!stays} onOpenChange={(open) => !open && onClose()}>
			<Modal className="sheet">
				<Dialog role={role}>
					<div className="sheet-head">
						<Heading slot="title" level={2}>
							{title}
						</Heading>
						<IconButton name={words.common.close} icon="close" onPress={onClose} />
					</div>
					{children}
				</Dialog>
			</Modal>
		</ModalOverlay>
	);
}
