import { AddContact } from "../share/add-contact.tsx";
import { useShareSheet } from "../shell/share-opener.tsx";
import { Button } from "../ui/button.tsx";
import { words } from "../words/index.ts";
import "./steps.css";

/** The way to the first contact, drawn as two steps on one falling line. */
export function Steps() {
	const open = useShareSheet();
	return (
		<section className="steps" aria-label={words.steps.title}>
			<h2>{words.steps.title}</h2>
			<ol>
				<li>
					<span className="step-number numbers" aria-hidden="true">
						1
					</span>
					<div className="step-body">
						<h3>{words.steps.one}</h3>
						<p className="small quiet">{words.steps.oneBody}</p>
						<Button look="primary" icon="qr" onPress={() => open("share")}>
							{words.share.share}
						</Button>
					</div>
				</li>
				<li>
					<span className="step-number numbers" aria-hidden="true">
						2
					</span>
					<div className="step-body">
						<h3>{words.steps.two}</h3>
						<p className="small quiet">{words.steps.twoBody}</p>
						<AddContact titled={false} />
					</div>
				</li>
			</ol>
		</section>
	);
}
