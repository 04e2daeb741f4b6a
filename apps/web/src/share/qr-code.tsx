import { create } from "qrcode/lib/core/qrcode.js";
import { useMemo } from "react";

/** Dark modules as one path of unit squares, and how many modules a side has. */
export function qrPath(text: string): { readonly side: number; readonly path: string } {
	const { modules } = create(text, { errorCorrectionLevel: "M" });
	let path = "";
	for (let row = 0; row < modules.size; row += 1) {
		let from = -1;
		for (let column = 0; column <= modules.size; column += 1) {
			const dark = column < modules.size && modules.get(row, column) !== 0;
			if (dark && from < 0) from = column;
			if (!dark && from >= 0) {
				path += `M${from} ${row}h${column - from}v1h${from - column}z`;
				from = -1;
			}
		}
	}
	return { side: modules.size, path };
}

/** A QR code; always dark on white, with the quiet zone of four modules that scanners need. */
export default function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
	const { side, path } = useMemo(() => qrPath(text), [text]);
	return (
		<svg
			className="qr"
			viewBox={`-4 -4 ${side + 8} ${side + 8}`}
			role="img"
			aria-label={label}
			shapeRendering="crispEdges"
		>
			<rect x="-4" y="-4" width={side + 8} height={side + 8} fill="#fff" />
			<path d={path} fill="#14161f" />
		</svg>
	);
}
