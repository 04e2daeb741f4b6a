/** Hands bytes to the browser as a file to keep. */
export function saveFile(bytes: Uint8Array<ArrayBuffer>, name: string): void {
	const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
	const link = document.createElement("a");
	link.href = address;
	link.download = name;
	link.click();
	// The download has taken hold of it by then.
	setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
