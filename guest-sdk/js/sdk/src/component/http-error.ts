import type { ErrorCode } from "wasi:http/types@0.2.12";
import { HttpError } from "../errors";
import type { ErrorKind } from "../kind";

/** Why a request to `authority` has no answer, in words for the operator. */
export function errorOf(code: ErrorCode, method: string, authority: string): HttpError {
  const because = (kind: ErrorKind, why: string): HttpError => new HttpError(why, kind);
  switch (code.tag) {
    // The host tells the operator why; queries may hold what nobody else should read.
    case "HTTP-request-denied":
      return because("refused", `the host does not send this request: ${method} ${authority}`);
    case "destination-IP-prohibited":
      return because("refused", `the address behind ${authority} is not granted`);
    case "DNS-timeout":
      return because("dns", `the name of the HTTP host cannot be resolved: no answer about ${authority} in time`);
    case "DNS-error":
      return because("dns", `the name of the HTTP host cannot be resolved: ${authority}: ${rcode(code) ?? "unknown"}`);
    case "destination-not-found":
      return because("dns", `the name of the HTTP host cannot be resolved: ${authority} is unknown`);
    case "connection-refused":
      return because("connect", `the HTTP host cannot be reached: ${authority}: it refuses connections`);
    case "connection-terminated":
      return because("connect", `the HTTP host cannot be reached: ${authority}: it closed the connection`);
    case "destination-unavailable":
    case "destination-IP-unroutable":
    case "connection-limit-reached":
      return because("connect", `the HTTP host cannot be reached: ${authority}: ${code.tag}`);
    case "connection-timeout":
      return because("connect", `the HTTP host cannot be reached: ${authority} accepts no connection in time`);
    case "connection-read-timeout":
    case "connection-write-timeout":
    case "HTTP-response-timeout":
      return because("timeout", `the HTTP host ${authority} did not answer in time`);
    case "TLS-certificate-error":
      return because("tls", `no secure connection to the HTTP host: ${authority}: its certificate is not valid`);
    case "TLS-protocol-error":
    case "TLS-alert-received":
      return because("tls", `no secure connection to the HTTP host: ${authority}: ${code.tag}`);
    case "HTTP-response-body-size":
      return because("too-large", `the HTTP answer of ${authority} has more bytes than the host reads${limit(code)}`);
    case "HTTP-request-body-size":
      return because("too-large", `the body of the HTTP request has more bytes than the host sends${limit(code)}`);
    case "internal-error":
      return because("protocol", `the HTTP exchange with ${authority} failed: ${String(code.val ?? "no reason is given")}`);
    default:
      if (code.tag.startsWith("HTTP-request")) return because("invalid-request", `the HTTP request cannot be built: ${code.tag}`);
      return because("protocol", `the HTTP exchange with ${authority} failed: ${code.tag}`);
  }
}

function rcode(code: ErrorCode): string | undefined {
  const { val } = code;
  return typeof val === "object" && val !== null && "rcode" in val ? (val.rcode as string | undefined) : undefined;
}

function limit(code: ErrorCode): string {
  return code.val === undefined ? "" : `, ${String(code.val)}`;
}
