/** Settings that are not secret, such as a service's base URL. */
import { host } from "../host";

/** The value that the operator set for a key, or else the manifest's default; `undefined` when there is none. */
export function get(key: string): string | undefined {
  return host().setting(key);
}
