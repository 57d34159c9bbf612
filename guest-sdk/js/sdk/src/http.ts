/** What `fetch` does alike in a component and in a test. */
import { HttpError } from "./errors";

/** How many milliseconds a request without a signal may take, to the last byte of its answer. */
export const TIMEOUT_MS = 20_000;

/** Statuses whose answers have no body. */
const BODILESS = [101, 103, 204, 205, 304];

/** The request that the arguments of `fetch` mean. */
export function requestOf(input: RequestInfo | URL, init: RequestInit | undefined): Request {
  const unbuildable = (why: string, cause?: unknown): HttpError =>
    new HttpError(`the HTTP request cannot be built: ${why}`, "invalid-request", { cause });
  let request: Request;
  let url: URL;
  try {
    request = new Request(input as string | Request, init);
    url = new URL(request.url);
  } catch (error) {
    throw unbuildable(error instanceof Error ? error.message : String(error), error);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw unbuildable(`its URL \`${request.url}\` is neither http nor https`);
  }
  if (url.username !== "" || url.password !== "") {
    throw unbuildable("its URL carries credentials; send them in a header");
  }
  return request;
}

/** A request without an answer in its time. As with any `fetch`, its name is that of the signal's reason. */
export function timedOut(authority: string, cause?: unknown): HttpError {
  const late = new HttpError(`the HTTP host ${authority} did not answer in time`, "timeout", { cause });
  late.name = "TimeoutError";
  return late;
}

/** Whether the time of an `AbortSignal.timeout` was over. */
export function isTimeout(error: unknown): boolean {
  return typeof error === "object" && error !== null && "name" in error && error.name === "TimeoutError";
}

/** An answer with its whole body. A body that is not JSON is an outage: something else than the service has answered. */
export function answerOf(body: string | Uint8Array<ArrayBuffer>, url: string, init: { status: number; headers: HeadersInit }): Response {
  const answer = new Response(BODILESS.includes(init.status) ? null : body, init);
  const json = async (): Promise<unknown> => {
    const text = await answer.text();
    try {
      return JSON.parse(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `the HTTP answer cannot be read: ${why}; its status is ${init.status}`;
      throw new HttpError(message, "unexpected-body", { cause: error });
    }
  };
  // A copy reads JSON in the same way, and not every engine has a `clone` of its own.
  const clone = (): Response => {
    if (answer.bodyUsed) throw new TypeError("the body of the HTTP answer was read before it was cloned");
    return answerOf(body, url, { status: init.status, headers: new Headers(answer.headers) });
  };
  return Object.defineProperties(answer, { url: { value: url }, json: { value: json }, clone: { value: clone } });
}
