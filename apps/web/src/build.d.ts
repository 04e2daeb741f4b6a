/** The build's name, put in by Vite: see vite.config.ts. */
declare const __SOTTO_BUILD__: string;

declare module "qrcode/lib/core/qrcode.js" {
	export function create(
		text: string,
		options: { readonly errorCorrectionLevel: "L" | "M" | "Q" | "H" },
	): { readonly modules: { readonly size: number; get(row: number, column: number): number } };
}
