import { HttpError } from "../errors";
import { answerOf } from "../http";

/** What comes back for a request. */
export class Answer {
  private constructor(
    private readonly status: number,
    private readonly body: string,
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

  /** No answer: `fetch` throws this error. */
  static error(message: string, options: { permanent?: boolean } = {}): Answer {
    return new Answer(0, "", [], new HttpError(message, options.permanent ?? false));
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
  body: string;
}

/** A request that a test expects. */
export interface Exchange {
  method: string;
  url: string;
  answer: Answer;
}
