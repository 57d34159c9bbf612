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
import { encode } from "../text";
import { errorOf } from "./http-error";
import { payloadOf } from "./payload";
import { ready } from "./ready";

/** How much of a body is read or written at once, in bytes. */
const CHUNK_BYTES = 64 * 1024;

/** Statuses whose answers have no body. */
const BODILESS = [101, 103, 204, 205, 304];

/** Sends a request to where the operator granted it, and reads the whole answer. */
export const fetch: typeof globalThis.fetch = async (input, init) => {
  const signal = init?.signal ?? undefined;
  const request = new Request(input as string | Request, init);
  const url = new URL(request.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new HttpError(`the URL \`${request.url}\` is neither http nor https`, true);
  }
  if (url.username !== "" || url.password !== "") {
    throw new HttpError("the URL carries credentials; send them in a header", true);
  }
  const exchange = new Exchange(request.method, url, signal);
  return exchange.run(request.headers, new Uint8Array(await request.arrayBuffer()));
};

/** One request and its answer. */
class Exchange {
  constructor(
    private readonly method: string,
    private readonly url: URL,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async run(headers: Headers, body: Uint8Array): Promise<Response> {
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
        throw new HttpError(`the header \`${name}\` is refused: ${tag}`, true);
      }
    };
    headers.forEach((value, name) => append(name, value));
    if (body.length > 0 && !headers.has("content-length")) append("content-length", String(body.length));
    const request = new OutgoingRequest(fields);
    const method = this.method.toUpperCase();
    const known = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"].includes(method);
    request.setMethod(known ? { tag: method.toLowerCase() } : { tag: "other", val: method });
    request.setScheme({ tag: this.url.protocol === "https:" ? "HTTPS" : "HTTP" });
    request.setAuthority(this.url.host);
    request.setPathWithQuery(`${this.url.pathname}${this.url.search}`);
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
    const answer = new Response(BODILESS.includes(status) ? null : body, { status, headers });
    Object.defineProperty(answer, "url", { value: this.url.href });
    return answer;
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
    return new HttpError(`the HTTP exchange with ${this.url.host} failed: ${why}`, false);
  }

  /** Waits for the host, and no longer than the request's signal lets it. */
  private async wait(pollable: Pollable): Promise<void> {
    this.signal?.throwIfAborted();
    await ready(pollable, this.signal);
    this.signal?.throwIfAborted();
  }
}
