import { lazy, Suspense } from "react";

const QrCode = lazy(() => import("./qr-code.tsx"));

/** A QR code whose maker is loaded when the first one is shown; its place is kept meanwhile. */
export function Qr({ text, label }: { readonly text: string; readonly label: string }) {
	return (
		<div className="qr-place">
			<Suspense>
				<QrCode text={text} label={label} />
			</Suspense>
		</div>
	);
}
