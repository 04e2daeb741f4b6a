/** When the microphone began to speak, ms since 1970: tells where in its sentence it stands. */
export const microphone = { openedAt: 0 };

const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
	const stream = await open(wanted);
	if (wanted?.audio !== undefined) microphone.openedAt = Date.now();
	return stream;
};
