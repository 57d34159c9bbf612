/** Secrets that the operator granted to this component, by name. */
import { host } from "../host";

/**
 * A token that stands for the secret in the headers of outgoing requests.
 *
 * The host puts the secret in its place: only towards hosts that the operator bound to the secret, and only in the
 * headers of that grant, which is `authorization` unless it names others.
 */
export function placeholder(name: string): string {
  return host().placeholder(name);
}

/** The secret itself, for uses that a header cannot serve, such as signing. Needs a grant of its own. */
export function reveal(name: string): string {
  return host().reveal(name);
}
