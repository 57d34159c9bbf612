/**
 * Why something that a worker asked for did not come: the `kind` of an `HttpError` or a `HostError`.
 *
 * Of HTTP:
 * - `invalid-request`: the request cannot be built: a bad URL, method, header or body.
 * - `refused`: the host does not send it: a grant is missing, or something about it is never sent.
 * - `dns`: the host's name has no address.
 * - `connect`: nobody accepted the connection, or it broke before the answer began.
 * - `tls`: the host's certificate or TLS version is not acceptable.
 * - `timeout`: no answer, or not all of it, within the request's time. The request may have had its effect.
 * - `protocol`: the answer is not valid HTTP, or it ended too early. The request may have had its effect.
 * - `unexpected-body`: the body of the answer is not JSON.
 *
 * Of everything:
 * - `too-large`: more bytes than a limit, which the message names.
 * - `unreadable-checkpoint`: what is stored as checkpoint is not JSON: something else wrote it.
 * - `superseded`: a later attempt of this job has started; this one no longer counts.
 * - `unavailable`: the host's store, or its settings, did not answer.
 * - `not-granted`, `not-set`: the operator has not granted this use of the secret, or it has no value.
 * - `not-offered`: the host does not record effects, or the component's world does not have what was asked for.
 * - `digest-differs`, `not-begun`: the call was begun before with another content, or not in this job.
 * - `invalid-name`: what was asked for has a name that is not UTF-8.
 * - `misuse`: the worker has handed over something that the interface cannot take.
 */
export type ErrorKind =
  | "invalid-request"
  | "refused"
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "protocol"
  | "unexpected-body"
  | "too-large"
  | "unreadable-checkpoint"
  | "superseded"
  | "unavailable"
  | "not-granted"
  | "not-set"
  | "not-offered"
  | "digest-differs"
  | "not-begun"
  | "invalid-name"
  | "misuse";

const PASSING: readonly ErrorKind[] = [
  "dns",
  "connect",
  "tls",
  "timeout",
  "protocol",
  "unexpected-body",
  "superseded",
  "unavailable",
];

/** Whether a retry would meet the same error, until somebody changes the worker, its input or its grants. */
export function isPermanent(kind: ErrorKind): boolean {
  return !PASSING.includes(kind);
}
