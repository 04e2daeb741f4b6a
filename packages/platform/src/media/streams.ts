/** Which stream of a sender a frame belongs to (K3). */
export type StreamIndex = 0 | 1 | 2;
export const audioStream = 0;
export const cameraStream = 1;
export const screenStream = 2;

/**
 * A place of the downlink, whose occupant the room names: seat n for sound and camera is n, screen n comes behind the 64 seats
 * that there can be.
 */
export type Place = number;
export function screenPlace(screen: number): Place {
	return 64 + screen;
}
