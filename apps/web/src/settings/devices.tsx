import type { DeviceView } from "@sotto/client";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { useClient, useReady } from "../engine/client.tsx";
import { useCommand } from "../engine/command.ts";
import { useNow } from "../state/screen.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icons.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { dayName } from "../words/format.ts";
import { words } from "../words/index.ts";
import { Jobs } from "./jobs.tsx";
import "./devices.css";

const EnterCode = lazy(() => import("../linking/enter-code.tsx"));

/** This device first; linking another, renaming, removing, and how far that has come. */
export function Devices() {
	const { devices } = useReady();
	const [linking, setLinking] = useState(false);
	const primary = devices.find((device) => device.primary);
	const manages = devices.some((device) => device.thisDevice && device.primary);
	return (
		<section className="settings-group">
			<h2>{words.devices.title}</h2>
			<p className="small quiet">{words.devices.body}</p>
			<ul className="devices" aria-label={words.devices.list}>
				{devices.map((device) => (
					<li key={device.id}>
						<DeviceRow device={device} removable={manages && !device.thisDevice} />
					</li>
				))}
			</ul>
			<Jobs />
			{manages ? (
				<Button className="settings-action" icon="plus" onPress={() => setLinking(true)}>
					{words.devices.link}
				</Button>
			) : (
				<p className="small quiet">
					<bdi>
						{primary === undefined ? words.devices.onlyPrimaryUnknown : words.devices.onlyPrimary(nameOf(primary))}
					</bdi>
				</p>
			)}
			{linking ? (
				<Suspense>
					<EnterCode onClose={() => setLinking(false)} />
				</Suspense>
			) : null}
		</section>
	);
}

const nameOf = (device: DeviceView) => (device.name === "" ? words.devices.unnamed : device.name);

type RowProps = { readonly device: DeviceView; readonly removable: boolean };

function DeviceRow({ device, removable }: RowProps) {
	const client = useClient();
	const now = useNow(60_000);
	const [asking, setAsking] = useState<"rename" | "remove">();
	const done = () => setAsking(undefined);
	const name = nameOf(device);
	const facts = [
		...(device.linkedAt === 0 ? [] : [words.devices.linkedOn(dayName(device.linkedAt, now))]),
		...(device.primary ? [words.devices.primary] : []),
	];
	return (
		<div className="device">
			<span className="device-icon">
				<Icon name="device" size={21} />
			</span>
			<div className="device-text">
				<p className="device-name">
					<bdi className="cut">{name}</bdi>
					{device.thisDevice ? <span className="device-this small">{words.devices.this}</span> : null}
				</p>
				<p className="small quiet numbers">{facts.join(" · ")}</p>
			</div>
			<IconButton name={words.devices.rename(name)} icon="pen" onPress={() => setAsking("rename")} />
			{removable ? (
				<IconButton name={words.devices.remove(name)} icon="trash" onPress={() => setAsking("remove")} />
			) : null}
			{asking === "rename" ? <Rename device={device} onClose={done} /> : null}
			{asking === "remove" ? (
				<Confirm
					title={words.devices.removeTitle(name)}
					body={words.devices.removeBody(name)}
					action={words.devices.removeDo}
					onAct={() => client.removeDevice(device.id)}
					onClose={done}
				/>
			) : null}
		</div>
	);
}

function Rename({ device, onClose }: { readonly device: DeviceView; readonly onClose: () => void }) {
	const client = useClient();
	const { busy, problem, run } = useCommand();
	const [name, setName] = useState(device.name);
	const rename = async (event: FormEvent) => {
		event.preventDefault();
		if (busy) return;
		const renamed = await run(client.renameDevice(device.id, name.trim()));
		if (renamed.ok) onClose();
	};
	return (
		<Sheet title={words.devices.renameTitle} onClose={onClose}>
			<form className="device-rename" onSubmit={(event) => void rename(event)}>
				<Field
					label={words.devices.renameTitle}
					hideLabel
					hint={words.devices.renameHint}
					value={name}
					onChange={setName}
					problem={problem}
					maxLength={64}
					autoFocus
				/>
				<Button type="submit" look="primary" isDisabled={busy}>
					{words.devices.save}
				</Button>
			</form>
		</Sheet>
	);
}
