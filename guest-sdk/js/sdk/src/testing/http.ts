import { HttpError } from "../errors";
import { answerOf } from "../http";
import type { ErrorKind } from "../kind";

/** What comes back for a request. */
export class Answer {
  private constructor(
    private readonly status: number,
    private readonly body: string | Uint8Array<ArrayBuffer>,
    private readonly headers: [string, string][],
    private readonly error: HttpError | undefined,
  ) {}

  /** An answer without a body. */
  static status(status: number): Answer {
    return Answer.text(status, "");
  }

  /** An answer with a text. */
  static text(status: number, body: string): Answer {
    return new Answer(status, body, [], undefined);
  }

  /** An answer with a JSON value. */
  static json(status: number, body: unknown): Answer {
    return Answer.text(status, JSON.stringify(body)).header("content-type", "application/json");
  }

  /** An answer with bytes, such as a document. */
  static bytes(status: number, body: Uint8Array): Answer {
    return new Answer(status, new Uint8Array(body), [], undefined);
  }

  /** No answer: `fetch` throws an error of this kind. */
  static error(message: string, kind: ErrorKind = "connect"): Answer {
    return new Answer(0, "", [], new HttpError(message, kind));
  }

  /** The answer with one more header. */
  header(name: string, value: string): Answer {
    return new Answer(this.status, this.body, [...this.headers, [name, value]], this.error);
  }

  /** @internal */
  give(url: string): Response {
    if (this.error !== undefined) throw this.error;
    return answerOf(this.body, url, { status: this.status, headers: this.headers });
  }
}

/** A request as the worker sent it. */
export interface SentRequest {
  method: string;
  url: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** Its body as text. */
  body: string;
  /** Its body as it went out. */
  bytes: Uint8Array;
}

/** A request that a test expects. */
export interface Exchange {
  method: string;
  url: string;
  answer: Answer;
}
