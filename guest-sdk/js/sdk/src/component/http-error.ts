import type { ErrorCode } from "wasi:http/types@0.2.12";
import { HttpError } from "../errors";

/** Why a request to `authority` has no answer, in words for the operator. */
export function errorOf(code: ErrorCode, method: string, authority: string): HttpError {
  const outage = (why: string): HttpError => new HttpError(why, false);
  const permanent = (why: string): HttpError => new HttpError(why, true);
  switch (code.tag) {
    // The host tells the operator why; queries may hold what nobody else should read.
    case "HTTP-request-denied":
      return permanent(`the host does not send this request: ${method} ${authority}`);
    case "destination-IP-prohibited":
      return permanent(`the address behind ${authority} is not granted`);
    case "DNS-timeout":
      return outage(`the name of the HTTP host cannot be resolved: no answer about ${authority} in time`);
    case "DNS-error":
      return outage(`the name of the HTTP host cannot be resolved: ${authority}: ${rcode(code) ?? "unknown"}`);
    case "destination-not-found":
      return outage(`the name of the HTTP host cannot be resolved: ${authority} is unknown`);
    case "connection-refused":
      return outage(`the HTTP host cannot be reached: ${authority}: it refuses connections`);
    case "connection-terminated":
      return outage(`the HTTP host cannot be reached: ${authority}: it closed the connection`);
    case "destination-unavailable":
    case "destination-IP-unroutable":
    case "connection-limit-reached":
      return outage(`the HTTP host cannot be reached: ${authority}: ${code.tag}`);
    case "connection-timeout":
      return outage(`the HTTP host cannot be reached: ${authority} accepts no connection in time`);
    case "connection-read-timeout":
    case "connection-write-timeout":
    case "HTTP-response-timeout":
      return outage(`the HTTP host ${authority} did not answer in time`);
    case "TLS-certificate-error":
      return outage(`no secure connection to the HTTP host: ${authority}: its certificate is not valid`);
    case "TLS-protocol-error":
    case "TLS-alert-received":
      return outage(`no secure connection to the HTTP host: ${authority}: ${code.tag}`);
    case "HTTP-response-body-size":
      return permanent(`the HTTP answer of ${authority} has more bytes than the host reads${limit(code)}`);
    case "HTTP-request-body-size":
      return permanent(`the body of the HTTP request has more bytes than the host sends${limit(code)}`);
    case "internal-error":
      return outage(`the HTTP exchange with ${authority} failed: ${String(code.val ?? "no reason is given")}`);
    default:
      if (code.tag.startsWith("HTTP-request")) return permanent(`the HTTP request cannot be built: ${code.tag}`);
      return outage(`the HTTP exchange with ${authority} failed: ${code.tag}`);
  }
}

function rcode(code: ErrorCode): string | undefined {
  const { val } = code;
  return typeof val === "object" && val !== null && "rcode" in val ? (val.rcode as string | undefined) : undefined;
}

function limit(code: ErrorCode): string {
  return code.val === undefined ? "" : `, ${String(code.val)}`;
}
