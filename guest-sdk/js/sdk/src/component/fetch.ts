/**
 * `fetch` over `wasi:http`: the engine's own, which says of every problem that there was a network error,
 * is replaced so that a failed job tells the operator why.
 *
 * Redirects are answers like any other: they are not followed, because every hop needs a grant of its own.
 */
import { handle } from "wasi:http/outgoing-handler@0.2.12";
import {
  Fields,
  httpErrorCode,
  OutgoingBody,
  OutgoingRequest,
  type ErrorCode,
  type IncomingResponse,
} from "wasi:http/types@0.2.12";
import type { Pollable } from "wasi:io/poll@0.2.12";
import { HttpError } from "../errors";
import { answerOf, isTimeout, requestOf, timedOut, TIMEOUT_MS } from "../http";
import { encode } from "../text";
import { errorOf } from "./http-error";
import { payloadOf } from "./payload";
import { ready } from "./ready";

/** How much of a body is read or written at once, in bytes. */
const CHUNK_BYTES = 64 * 1024;

/** Sends a request to where the operator granted it, and reads the whole answer. */
export const fetch: typeof globalThis.fetch = async (input, init) => {
  const request = requestOf(input, init);
  const url = new URL(request.url);
  const body = new Uint8Array(await request.arrayBuffer());
  if (init?.signal) return new Exchange(request.method, url, init.signal).run(request.headers, body);
  // Without an end of its own the request ends before the job does, so that the worker hears of it.
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(timedOut(url.host)), TIMEOUT_MS);
  // Every `Request` has a signal, whether it was given one or not: it can end the request, and grants it no more time.
  // The engine's own `AbortSignal.any` is aborted from its start.
  const given = input instanceof Request ? input.signal : undefined;
  const stop = (): void => patience.abort(given?.reason);
  if (given?.aborted) stop();
  given?.addEventListener("abort", stop, { once: true });
  try {
    return await new Exchange(request.method, url, patience.signal).run(request.headers, body);
  } finally {
    given?.removeEventListener("abort", stop);
    clearTimeout(timer);
  }
};

/** One request and its answer. */
class Exchange {
  constructor(
    private readonly method: string,
    private readonly url: URL,
    private readonly signal: AbortSignal,
  ) {}

  async run(headers: Headers, body: Uint8Array): Promise<Response> {
    this.endWithSignal();
    const { request, outgoing } = this.build(headers, body);
    const future = this.told(() => handle(request, undefined));
    await this.write(outgoing, body);
    const subscription = future.subscribe();
    try {
      for (;;) {
        const answered = future.get();
        if (answered?.tag === "err") throw this.broken("the host answered twice");
        if (answered?.val.tag === "err") throw errorOf(answered.val.val, this.method, this.url.host);
        if (answered !== undefined) return await this.read(answered.val.val as IncomingResponse);
        await this.wait(subscription);
      }
    } finally {
      subscription[Symbol.dispose]?.();
      future[Symbol.dispose]?.();
    }
  }

  private build(headers: Headers, body: Uint8Array): { request: OutgoingRequest; outgoing: OutgoingBody } {
    const fields = new Fields();
    const append = (name: string, value: string): void => {
      try {
        fields.append(name, encode(value));
      } catch (thrown) {
        const tag = payloadOf<{ tag: string }>(thrown)?.tag ?? String(thrown);
        throw new HttpError(`the HTTP request cannot be built: the header \`${name}\` is refused: ${tag}`, "invalid-request");
      }
    };
    headers.forEach((value, name) => append(name, value));
    if (body.length > 0 && !headers.has("content-length")) append("content-length", String(body.length));
    const request = new OutgoingRequest(fields);
    const method = this.method.toUpperCase();
    const known = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"].includes(method);
    const set = (part: string, ask: () => void): void => {
      try {
        ask();
      } catch {
        throw new HttpError(`the HTTP request cannot be built: its ${part} is not valid`, "invalid-request");
      }
    };
    set("method", () => request.setMethod(known ? { tag: method.toLowerCase() } : { tag: "other", val: method }));
    set("scheme", () => request.setScheme({ tag: this.url.protocol === "https:" ? "HTTPS" : "HTTP" }));
    set("host", () => request.setAuthority(this.url.host));
    set("path", () => request.setPathWithQuery(`${this.url.pathname}${this.url.search}`));
    return { request, outgoing: request.body() };
  }

  /** A host that answers before it has read everything closes the stream: the answer says why. */
  private async write(outgoing: OutgoingBody, body: Uint8Array): Promise<void> {
    if (body.length > 0) {
      const stream = outgoing.write();
      const room = stream.subscribe();
      try {
        for (let at = 0; at < body.length; ) {
          const count = Math.min(Number(stream.checkWrite()), CHUNK_BYTES, body.length - at);
          if (count === 0) {
            await this.wait(room);
            continue;
          }
          stream.write(body.subarray(at, at + count));
          at += count;
        }
        stream.flush();
        await this.wait(room);
        stream.checkWrite();
      } catch (thrown) {
        if (payloadOf(thrown) === undefined) throw thrown;
        return;
      } finally {
        room[Symbol.dispose]?.();
        stream[Symbol.dispose]?.();
      }
    }
    this.told(() => OutgoingBody.finish(outgoing, undefined));
  }

  private async read(response: IncomingResponse): Promise<Response> {
    const status = response.status();
    const headers = new Headers();
    for (const [name, value] of response.headers().entries()) {
      headers.append(name, new TextDecoder().decode(value));
    }
    const body = await this.readBody(response);
    return answerOf(body, this.url.href, { status, headers });
  }

  private async readBody(response: IncomingResponse): Promise<Uint8Array<ArrayBuffer>> {
    const body = response.consume();
    const stream = body.stream();
    const more = stream.subscribe();
    const chunks: Uint8Array[] = [];
    try {
      for (;;) {
        const chunk = stream.read(BigInt(CHUNK_BYTES));
        if (chunk.length === 0) await this.wait(more);
        else chunks.push(chunk);
      }
    } catch (thrown) {
      const error = payloadOf<{ tag: string; val?: unknown }>(thrown);
      if (error === undefined) throw thrown;
      if (error.tag !== "closed") {
        const code = httpErrorCode(error.val);
        throw code ? errorOf(code, this.method, this.url.host) : this.broken("the answer broke off");
      }
    } finally {
      more[Symbol.dispose]?.();
      stream[Symbol.dispose]?.();
    }
    const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  /** Does what the host may refuse with an error code. */
  private told<T>(ask: () => T): T {
    try {
      return ask();
    } catch (thrown) {
      const code = payloadOf<ErrorCode>(thrown);
      throw code === undefined ? thrown : errorOf(code, this.method, this.url.host);
    }
  }

  private broken(why: string): HttpError {
    return new HttpError(`the HTTP exchange with ${this.url.host} failed: ${why}`, "protocol");
  }

  /** What the engine says of a timeout names no host. */
  private endWithSignal(): void {
    const { aborted, reason } = this.signal;
    if (aborted && isTimeout(reason)) throw timedOut(this.url.host, reason);
    this.signal.throwIfAborted();
  }

  /** Waits for the host, and no longer than the request's signal lets it. */
  private async wait(pollable: Pollable): Promise<void> {
    this.endWithSignal();
    await ready(pollable, this.signal);
    this.endWithSignal();
  }
}
