import { lazy, Suspense, useState } from "react";
import { Label } from "react-aria-components/Label";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import { errorWords, useClient, useReady } from "../engine/client.tsx";
import { RoomHead } from "../shell/room-head.tsx";
import { playSound } from "../sound/sounds.ts";
import { type Preferences, prefer, usePreferences } from "../state/preferences.ts";
import { usePreferEverywhere } from "../state/settings-follow.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import { Field, Problem } from "../ui/field.tsx";
import { notice } from "../ui/notice.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { words } from "../words/index.ts";
import { Backup } from "./backup.tsx";
import { Devices } from "./devices.tsx";
import "./settings.css";

const MediaTest = lazy(() => import("./media-test.tsx"));

/** Few settings, grouped by what a person wants. */
export default function SettingsRoom() {
	return (
		<div className="settings">
			<RoomHead title={words.settings.title} />
			<div className="settings-body scroll">
				<div className="settings-column">
					<Me />
					<Appearance />
					<Alerts />
					<section className="settings-group">
						<h2>{words.settings.media}</h2>
						<Suspense>
							<MediaTest />
						</Suspense>
					</section>
					<Devices />
					<Backup />
					<About />
				</div>
			</div>
		</div>
	);
}

function Me() {
	const client = useClient();
	const { me, devices } = useReady();
	const elsewhere = devices.some(({ thisDevice, primary }) => thisDevice && !primary);
	const [name, setName] = useState(me.name);
	const [problem, setProblem] = useState<string>();
	const rename = async () => {
		const renamed = await client.rename(name.trim());
		setProblem(renamed.ok ? undefined : errorWords(renamed.error));
		if (renamed.ok) notice(words.settings.renamed);
	};
	return (
		<section className="settings-group">
			<h2>{words.settings.me}</h2>
			<form
				className="settings-me"
				onSubmit={(event) => {
					event.preventDefault();
					void rename();
				}}
			>
				<Avatar name={me.name} hue={me.hue} size={64} />
				<Field
					label={words.firstRun.yourName}
					hint={elsewhere ? words.devices.nameElsewhere : undefined}
					value={elsewhere ? me.name : name}
					onChange={setName}
					problem={problem}
					maxLength={64}
					isReadOnly={elsewhere}
				/>
				{elsewhere || name.trim() === me.name ? null : (
					<Button type="submit" look="primary">
						{words.settings.rename}
					</Button>
				)}
			</form>
		</section>
	);
}

const themes: readonly Preferences["theme"][] = ["auto", "light", "dark"];

function Appearance() {
	const { theme } = usePreferences();
	const preferEverywhere = usePreferEverywhere();
	return (
		<section className="settings-group">
			<h2>{words.settings.appearance}</h2>
			<RadioGroup
				className="theme-choice"
				value={theme}
				onChange={(value) => preferEverywhere({ theme: themes.find((known) => known === value) ?? "auto" })}
			>
				<Label className="only-heard">{words.settings.theme}</Label>
				{themes.map((known) => (
					<Radio key={known} className="theme" value={known}>
						<span className={`theme-swatch ${known}`} aria-hidden="true" />
						{words.settings.themes[known]}
					</Radio>
				))}
			</RadioGroup>
		</section>
	);
}

function Alerts() {
	const { sounds } = usePreferences();
	return (
		<section className="settings-group">
			<h2>{words.settings.alerts}</h2>
			<Toggle
				isOn={sounds}
				name={words.settings.sounds}
				hint={words.settings.soundsHint}
				onChange={(on) => {
					prefer({ sounds: on });
					if (on) playSound("message");
				}}
			/>
			{"Notification" in globalThis ? <Notifications /> : null}
		</section>
	);
}

function Notifications() {
	const { notify, notifyNames } = usePreferences();
	const preferEverywhere = usePreferEverywhere();
	const [problem, setProblem] = useState<string>();
	const turn = async (on: boolean) => {
		setProblem(undefined);
		const allowed = !on || (await Notification.requestPermission()) === "granted";
		if (!allowed) setProblem(words.settings.notifyDenied);
		prefer({ notify: on && allowed });
	};
	return (
		<>
			<Toggle
				isOn={notify}
				name={words.settings.notify}
				hint={words.settings.notifyHint}
				onChange={(on) => void turn(on)}
			/>
			{notify ? (
				<Toggle
					isOn={notifyNames}
					name={words.settings.notifyNames}
					onChange={(on) => preferEverywhere({ notifyNames: on })}
				/>
			) : null}
			<Problem text={problem} />
		</>
	);
}

/** The entry script is named by a hash over itself and, by their names, over all that it loads. */
function contentHash(): string {
	const entry = document.querySelector<HTMLScriptElement>("script[type=module][src]");
	return /-([\w-]{8})\.js$/.exec(entry?.src ?? "")?.[1] ?? words.settings.fromSources;
}

function About() {
	return (
		<section className="settings-group">
			<h2>{words.settings.about}</h2>
			<dl className="about small">
				<div>
					<dt>{words.settings.version}</dt>
					<dd className="numbers">{`${__SOTTO_BUILD__} · ${contentHash()}`}</dd>
				</div>
				<div>
					<dt>{words.settings.server}</dt>
					<dd>{location.host}</dd>
				</div>
			</dl>
			<p className="small quiet">{words.settings.aboutBody}</p>
		</section>
	);
}
