import { Requests } from "../chats/requests.tsx";
import { AddContact } from "../share/add-contact.tsx";
import { MyLink } from "../share/my-link.tsx";
import { Button } from "../ui/button.tsx";
import { useReady } from "../engine/client.tsx";
import { words } from "../words/index.ts";
import "./first-run.css";

type WelcomeProps = {
	readonly onDone: () => void;
	/** A call covers it. */
	readonly hidden: boolean;
};

/** Right after the account is made: one's own link, and room for somebody else's. */
export function Welcome({ onDone, hidden }: WelcomeProps) {
	const { me } = useReady();
	return (
		<main className="first-run scroll" data-hidden={hidden ? "" : undefined}>
			<div className="welcome">
				<header className="welcome-head">
					<h1>
						<bdi>{words.firstRun.welcome(me.name)}</bdi>
					</h1>
					<p className="quiet">{words.firstRun.welcomeBody}</p>
				</header>
				<Requests onAccepted={onDone} />
				<section className="welcome-card" aria-label={words.share.title}>
					<MyLink link={me.link} shareButton />
				</section>
				<section className="welcome-card" aria-label={words.add.title}>
					<AddContact onAdded={onDone} />
				</section>
				<Button look="plain" className="welcome-later" onPress={onDone}>
					{words.firstRun.later}
				</Button>
			</div>
		</main>
	);
}
