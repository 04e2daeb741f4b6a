/** Which stream of a sender a frame belongs to (K3). */
export type StreamIndex = 0 | 1 | 2;
export const audioStream = 0;
export const cameraStream = 1;
