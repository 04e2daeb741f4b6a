import { type Bytes, bytesShape, ok, Secret, type Shape } from "@sotto/bytes";

/** A secret as it lies in the local store, whose values are sealed at rest in the browser. */
export function secretShape(min: number, max = min): Shape<Secret> {
	const bytes = bytesShape(min, max);
	return (value, at) => {
		const parsed = bytes(value, at);
		return parsed.ok ? ok(new Secret(parsed.value)) : parsed;
	};
}

/** The bytes of a secret, for encoding it into the local store or a sealed message. */
export function revealed(secret: Secret): Bytes {
	return secret.use((bytes) => bytes.slice());
}
