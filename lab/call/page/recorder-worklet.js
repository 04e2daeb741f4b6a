// Hands every block of decoded sound to the page.
registerProcessor(
	"recorder",
	class extends AudioWorkletProcessor {
		process([input]) {
			if (input[0] !== undefined) this.port.postMessage(input[0].slice());
			return true;
		}
	},
);
