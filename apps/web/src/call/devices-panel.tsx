import { Button as AriaButton } from "react-aria-components/Button";
import { Dialog } from "react-aria-components/Dialog";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select, SelectValue } from "react-aria-components/Select";
import { Icon } from "../ui/icons.tsx";
import { words } from "../words/index.ts";
import type { DeviceChoice, DeviceKind, Devices } from "./session.ts";

type PanelProps = { readonly devices: Devices; readonly onDevice: (kind: DeviceKind, id: string) => void };

/** Which microphone, camera and loudspeaker. */
export function DevicesPanel({ devices, onDevice }: PanelProps) {
	return (
		<Popover className="stage-pop" placement="top" offset={12}>
			<Dialog aria-label={words.call.devices}>
				<DeviceSelects devices={devices} onDevice={onDevice} />
				<p className="small stage-quiet only-keyboard">{words.call.keys}</p>
			</Dialog>
		</Popover>
	);
}

export function DeviceSelects({ devices, onDevice }: PanelProps) {
	const kinds = [
		["microphone", devices.microphones],
		["camera", devices.cameras],
		["speaker", devices.speakers],
	] as const;
	return kinds.map(([kind, choices]) =>
		choices.length === 0 ? null : (
			<DeviceSelect
				key={kind}
				label={words.call[kind]}
				choices={choices}
				chosen={devices.chosen[kind]}
				onChoose={(id) => onDevice(kind, id)}
			/>
		),
	);
}

type SelectProps = {
	readonly label: string;
	readonly choices: readonly DeviceChoice[];
	readonly chosen: string | undefined;
	readonly onChoose: (id: string) => void;
};

function DeviceSelect({ label, choices, chosen, onChoose }: SelectProps) {
	return (
		<Select
			className="select"
			value={chosen ?? choices[0]?.id ?? null}
			onChange={(key) => {
				if (typeof key === "string") onChoose(key);
			}}
		>
			<Label className="label">{label}</Label>
			<AriaButton className="select-button">
				<SelectValue className="cut" />
				<Icon name="down" size={18} />
			</AriaButton>
			<Popover className="menu-pop select-pop">
				<ListBox className="menu" items={choices}>
					{(choice) => (
						<ListBoxItem className="menu-item" id={choice.id} textValue={choice.label}>
							<span className="cut">{choice.label}</span>
						</ListBoxItem>
					)}
				</ListBox>
			</Popover>
		</Select>
	);
}
