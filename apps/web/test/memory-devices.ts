/** What {@link MemoryClient} does about several devices of one person, and their backup. */
import type { CommandResult, ConversationId, DeviceView, LinkingView, SottoClient } from "@sotto/client";
import { readyView } from "./memory-core.ts";
import { MemoryGroups } from "./memory-groups.ts";

type Needed = Pick<
	SottoClient,
	| "askReadmission"
	| "startSuccessor"
	| "exportBackup"
	| "restoreBackup"
	| "startLinking"
	| "linkDevice"
	| "confirmLinking"
	| "cancelLinking"
	| "renameDevice"
	| "removeDevice"
	| "dismissJob"
	| "changeSetting"
>;

export class MemoryDevices extends MemoryGroups implements Needed {
	async startLinking(input: { readonly home: string; readonly deviceName: string }): Promise<CommandResult> {
		return this.do("startLinking", [input], () =>
			this.linking({
				step: "showCode",
				code: "7QK2M-X0RT4",
				qr: "sotto-device-1:7QK2M-X0RT4@https://sotto.example",
				expiresAt: Date.now() + 600_000,
			}),
		);
	}

	async linkDevice(code: string): Promise<CommandResult> {
		return this.do("linkDevice", [code], () => this.linking({ step: "connecting" }));
	}

	async confirmLinking(same: boolean, options?: { readonly primary?: boolean }): Promise<CommandResult> {
		return this.do("confirmLinking", options === undefined ? [same] : [same, options], () => {
			const linking = this.#linkingNow();
			if (!same) this.linking({ step: "failed", reason: "mismatch" });
			else if (linking?.step === "compare") this.linking({ ...linking, confirmedHere: true });
		});
	}

	async cancelLinking(): Promise<CommandResult> {
		return this.do("cancelLinking", [], () => {
			if (this.state.view.phase === "linking") this.show({ phase: "noAccount" });
			else this.change({ linking: undefined });
		});
	}

	async renameDevice(id: string, name: string): Promise<CommandResult> {
		return this.do("renameDevice", [id, name], () => {
			if (this.state.view.phase !== "ready") return;
			this.change({ devices: this.state.view.devices.map((one) => (one.id === id ? { ...one, name } : one)) });
		});
	}

	async removeDevice(id: string): Promise<CommandResult> {
		return this.do("removeDevice", [id], () => {
			if (this.state.view.phase === "ready")
				this.change({ devices: this.state.view.devices.filter((one) => one.id !== id) });
		});
	}

	async dismissJob(id: string): Promise<CommandResult> {
		return this.do("dismissJob", [id], () => {
			if (this.state.view.phase === "ready") this.change({ jobs: this.state.view.jobs.filter((job) => job.id !== id) });
		});
	}

	async changeSetting(key: string, value: string): Promise<CommandResult> {
		return this.do("changeSetting", [key, value], () => {
			if (this.state.view.phase === "ready") this.change({ settings: { ...this.state.view.settings, [key]: value } });
		});
	}

	async startSuccessor(conversation: ConversationId): Promise<CommandResult> {
		return this.do("startSuccessor", [conversation], () => undefined);
	}

	async askReadmission(conversation: ConversationId): Promise<CommandResult> {
		return this.do("askReadmission", [conversation], () => undefined);
	}

	async exportBackup(passphrase: string): Promise<CommandResult<{ readonly file: Uint8Array<ArrayBuffer> }>> {
		return this.do("exportBackup", [passphrase], () => ({ file: new Uint8Array(1000) }));
	}

	async restoreBackup(input: {
		readonly file: Uint8Array<ArrayBuffer>;
		readonly passphrase: string;
		readonly home?: string;
	}): Promise<CommandResult> {
		return this.do("restoreBackup", [input], () => this.show(readyView()));
	}

	/** Linking goes a step on, on whichever side this is. */
	linking(linking: LinkingView): void {
		if (this.state.view.phase === "ready") this.change({ linking });
		else this.show({ phase: "linking", linking });
	}

	#linkingNow(): LinkingView | undefined {
		const { view } = this.state;
		return view.phase === "ready" || view.phase === "linking" ? view.linking : undefined;
	}
}

export const deviceView = (id: string, name: string, change: Partial<DeviceView> = {}): DeviceView => ({
	id,
	name,
	linkedAt: Date.now() - 86_400_000 * 12,
	thisDevice: false,
	primary: false,
	...change,
});
