import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Popover } from "react-aria-components/Popover";
import { wholeNumber } from "../words/format.ts";
import { words } from "../words/index.ts";
import type { Quality, QualitySample } from "./session.ts";

type Figure = "roundTripMs" | "loss" | "sendKbps" | "receiveKbps";

const figures: readonly { readonly figure: Figure; readonly name: string; readonly show: (value: number) => string }[] =
	[
		{ figure: "roundTripMs", name: words.call.delay, show: (value) => `${wholeNumber(Math.round(value))} ms` },
		{ figure: "loss", name: words.call.loss, show: (value) => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %` },
		{ figure: "sendKbps", name: words.call.sending, show: (value) => `${wholeNumber(Math.round(value))} kbit/s` },
		{ figure: "receiveKbps", name: words.call.receiving, show: (value) => `${wholeNumber(Math.round(value))} kbit/s` },
	];

/** What stands behind the one word for the line: a sentence, and the last minute of four figures. */
export function LinePanel({ quality }: { readonly quality: Quality }) {
	return (
		<Popover className="stage-pop" placement="bottom end" offset={8}>
			<Dialog>
				<Heading slot="title" level={3} className="line-title">
					{words.call.line(words.call.quality[quality.word])}
				</Heading>
				<p className="small stage-quiet">{words.call.qualityBody[quality.word]}</p>
				<ul className="charts">
					{figures.map(({ figure, name, show }) => (
						<Chart key={figure} name={name} samples={quality.samples} figure={figure} show={show} />
					))}
				</ul>
			</Dialog>
		</Popover>
	);
}

const chartWidth = 120;
const chartHeight = 32;
const chartSamples = 60;

/** The figure as a line, newest at the right; gaps where it was not known. */
export function chartPath(samples: readonly QualitySample[], figure: Figure): string {
	const shown = samples.slice(-chartSamples);
	const most = Math.max(...shown.map((sample) => sample[figure] ?? 0), figure === "loss" ? 0.02 : 1) * 1.1;
	let path = "";
	let drawing = false;
	for (const [place, sample] of shown.entries()) {
		const value = sample[figure];
		if (value === undefined) {
			drawing = false;
			continue;
		}
		const x = chartWidth - ((shown.length - 1 - place) * chartWidth) / (chartSamples - 1);
		const y = chartHeight - 1 - (value / most) * (chartHeight - 2);
		path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
		drawing = true;
	}
	return path;
}

type ChartProps = {
	readonly name: string;
	readonly samples: readonly QualitySample[];
	readonly figure: Figure;
	readonly show: (value: number) => string;
};

function Chart({ name, samples, figure, show }: ChartProps) {
	const newest = samples.at(-1)?.[figure];
	const value = newest === undefined ? words.call.unknown : show(newest);
	return (
		<li className="chart">
			<span className="stage-quiet small">{name}</span>
			<span className="numbers chart-value">{value}</span>
			<svg
				viewBox={`0 0 ${chartWidth} ${chartHeight}`}
				role="img"
				aria-label={words.call.chart(name, value)}
				preserveAspectRatio="none"
			>
				<path
					d={chartPath(samples, figure)}
					fill="none"
					stroke="currentColor"
					strokeWidth="1.5"
					vectorEffect="non-scaling-stroke"
				/>
			</svg>
		</li>
	);
}
