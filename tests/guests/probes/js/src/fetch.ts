import type { Variables } from "@fermata/sdk";

/** A request, as the test of `fetch` describes it. */
export interface Sent {
  method?: string;
  headers?: [string, string][];
  body?: string;
  /** What the body is handed over as; a text unless it says otherwise. */
  as?: "bytes" | "buffer" | "stream" | "params" | "blob" | "request";
  /** What the body is repeated to. */
  times?: number;
  /** After how many milliseconds the request is given up: with a signal's own time, or by its controller. */
  timeoutMs?: number;
  abortMs?: number;
  /** Whether the signal is the `Request`'s, and not one of `fetch`. */
  inRequest?: boolean;
}

/** Sends a request and tells everything of its answer, or of what was thrown. */
export async function told(url: string, sent: Sent): Promise<Variables> {
  try {
    const answer = await send(url, sent);
    const headers = [...answer.headers.entries()];
    const { status, ok, redirected, url: from } = answer;
    return { status, ok, redirected, from, headers, empty: answer.body === null, text: await answer.text() };
  } catch (error) {
    return { thrown: inWords(error) };
  }
}

/** Reads a body in every way that there is, and twice in one. */
export async function read(url: string): Promise<Variables> {
  const answer = await fetch(url);
  const copies = [answer.clone(), answer.clone(), answer.clone(), answer.clone()] as const;
  const before = answer.bodyUsed;
  const text = await answer.text();
  const bytes = (body: ArrayBuffer): number[] => [...new Uint8Array(body)];
  const chunks: number[] = [];
  for (let reader = copies[2].body?.getReader(); reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(...value);
  }
  return {
    text,
    json: await copies[0].json(),
    buffer: bytes(await copies[1].arrayBuffer()),
    stream: chunks,
    blob: bytes(await (await copies[3].blob()).arrayBuffer()),
    used: [before, answer.bodyUsed],
    again: await answer.text().catch(inWords),
    json_again: await answer.json().catch(inWords),
  };
}

/** Sends requests at the same time. */
export async function together(url: string, count: number): Promise<Variables> {
  const answers = await Promise.all(Array.from({ length: count }, () => fetch(url)));
  return { statuses: answers.map((answer) => answer.status) };
}

function send(url: string, sent: Sent): Promise<Response> {
  const init: RequestInit = {};
  if (sent.method !== undefined) init.method = sent.method;
  if (sent.headers !== undefined) init.headers = sent.headers;
  if (sent.body !== undefined) Object.assign(init, bodyOf(sent.body.repeat(sent.times ?? 1), sent.as));
  const signal = signalOf(sent);
  if (signal !== undefined) init.signal = signal;
  return sent.as === "request" || sent.inRequest ? fetch(new Request(url, init)) : fetch(url, init);
}

function bodyOf(text: string, as: Sent["as"]): RequestInit {
  // Every character is one byte, so that a test can send those that are no text.
  const bytes = Uint8Array.from(text, (one) => one.charCodeAt(0));
  switch (as) {
    case "bytes":
      return { body: bytes };
    case "buffer":
      return { body: bytes.buffer };
    case "params":
      return { body: new URLSearchParams(text) };
    case "blob":
      return { body: new Blob([bytes], { type: "application/pdf" }) };
    case "stream":
      return { body: streamOf(bytes), duplex: "half" } as RequestInit;
    default:
      return { body: text };
  }
}

function streamOf(bytes: Uint8Array): ReadableStream {
  const half = Math.floor(bytes.length / 2);
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, half));
      controller.enqueue(bytes.subarray(half));
      controller.close();
    },
  });
}

function signalOf({ timeoutMs, abortMs }: Sent): AbortSignal | undefined {
  if (timeoutMs !== undefined) return AbortSignal.timeout(timeoutMs);
  if (abortMs === undefined) return undefined;
  const controller = new AbortController();
  const reason = new Error("nobody waits for it any more");
  if (abortMs === 0) controller.abort(reason);
  else setTimeout(() => controller.abort(reason), abortMs);
  return controller.signal;
}

function inWords(thrown: unknown): Variables {
  if (!(thrown instanceof Error)) return { value: String(thrown) };
  const { name, message } = thrown;
  return { name, message, kind: (thrown as { kind?: unknown }).kind };
}
