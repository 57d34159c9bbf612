/** Calls to the outside that must not happen twice, recorded before they leave and after they are answered. */
import { host, type BegunBytes } from "../host";
import { encode } from "../text";

/**
 * What is known about a call.
 *
 * - `fresh`: it was never made. Send the key to the vendor.
 * - `unknown`: it was begun under this key and no answer was recorded: repeat it with the key, or ask the vendor.
 * - `answered`: it was answered with these bytes; do not call again.
 */
export type Begun = BegunBytes;

/**
 * Records the intent to make the call `name`, which is unique within the job.
 * The digest identifies the call's content, so that a changed call under an old name is noticed.
 */
export function begin(name: string, digest: string | Uint8Array): Begun {
  return host().effectBegin(name, bytes(digest));
}

/** Records the answer to the call `name`. */
export function finish(name: string, answer: string | Uint8Array): void {
  host().effectFinish(name, bytes(answer));
}

function bytes(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? encode(value) : value;
}
