import type { AccountId, PersonView } from "@sotto/client";
import { useId, useState } from "react";
import { useReady } from "../engine/client.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icons.tsx";
import { Search } from "../ui/search.tsx";
import { Verified } from "../ui/verified.tsx";
import { words } from "../words/index.ts";
import "./groups.css";

/** Everybody one is in contact with, by name. */
export function useContacts(): readonly PersonView[] {
	const { conversations } = useReady();
	return conversations
		.flatMap(({ kind, phase, people }) => (kind === "direct" && phase === "active" && people[0] ? [people[0]] : []))
		.toSorted((a, b) => a.name.localeCompare(b.name));
}

type PickerProps = {
	readonly people: readonly PersonView[];
	readonly picked: readonly AccountId[];
	readonly onChange: (picked: readonly AccountId[]) => void;
	/** Said in place of a list that nobody is in. */
	readonly empty: string;
};

/** People to choose from, with those chosen as chips above. */
export function PeoplePicker({ people, picked, onChange, empty }: PickerProps) {
	const [search, setSearch] = useState("");
	const wanted = search.trim().toLocaleLowerCase();
	const shown = people.filter(({ name }) => name.toLocaleLowerCase().includes(wanted));
	const chosen = picked.flatMap((account) => people.find((person) => person.account === account) ?? []);
	const toggle = (account: AccountId) =>
		onChange(picked.includes(account) ? picked.filter((one) => one !== account) : [...picked, account]);
	if (people.length === 0) return <p className="picker-empty quiet small">{empty}</p>;
	return (
		<div className="picker">
			{chosen.length === 0 ? null : (
				<ul className="chips" aria-label={words.groups.chosen}>
					{chosen.map(({ account, name, hue }) => (
						<li key={account}>
							<button type="button" className="chip" onClick={() => toggle(account)}>
								<Avatar name={name} hue={hue} size={24} />
								<bdi className="cut">{name}</bdi>
								<span className="only-heard">{words.groups.takeOut}</span>
								<Icon name="close" size={14} />
							</button>
						</li>
					))}
				</ul>
			)}
			<Search className="picker-search" name={words.groups.search} value={search} onChange={setSearch} />
			{shown.length === 0 ? (
				<p className="picker-empty quiet small">{words.groups.nothingFound(search.trim())}</p>
			) : (
				<ul className="picker-list scroll" aria-label={words.people.list}>
					{shown.map((person) => (
						<PickerRow
							key={person.account}
							person={person}
							isPicked={picked.includes(person.account)}
							onToggle={() => toggle(person.account)}
						/>
					))}
				</ul>
			)}
		</div>
	);
}

type RowProps = { readonly person: PersonView; readonly isPicked: boolean; readonly onToggle: () => void };

function PickerRow({ person, isPicked, onToggle }: RowProps) {
	const id = useId();
	return (
		<li>
			<label className="picker-row" htmlFor={id}>
				<Avatar name={person.name} hue={person.hue} size={36} />
				<span className="picker-name">
					<bdi className="cut">{person.name}</bdi>
					{person.verified ? <Verified /> : null}
				</span>
				<input id={id} type="checkbox" className="tick" checked={isPicked} onChange={onToggle} />
			</label>
		</li>
	);
}
