import type { Variables } from "./json";
import { isPermanent, type ErrorKind } from "./kind";

/** A business error: a boundary event of the model may catch it by its code. Throw it. */
export class BpmnError extends Error {
  override name = "BpmnError";

  constructor(
    /** The code that error events of the model match. */
    readonly code: string,
    message: string,
    /** Variables for the event that catches the error. */
    readonly variables: Variables = {},
  ) {
    super(message);
  }
}

/** How a failure is dealt with. */
export interface FailureOptions {
  /** What kind of failure it is, for the error expressions of the model: their `error.code`. */
  code?: string | undefined;
  /** Variables that are set in the scope of the element. */
  variables?: Variables | undefined;
  /** How many retries are left from now on; 0 raises an incident at once. Without it one fewer than before. */
  retries?: number | undefined;
  /** How many milliseconds to wait before the next attempt. Without it as the model's `retryBackoff` says. */
  retryAfterMs?: number | undefined;
  /** What caused it. */
  cause?: unknown;
}

/** A technical failure: the job is retried, and raises an incident when no retries are left. Throw it. */
export class Failure extends Error {
  override name = "Failure";
  readonly code: string | undefined;
  readonly variables: Variables | undefined;
  readonly retries: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.variables = options.variables;
    this.retries = options.retries;
    this.retryAfterMs = options.retryAfterMs;
  }

  /**
   * The failure that an unwelcome answer means: its code is `HTTP_` and the status,
   * and the next attempt waits as long as a `retry-after` header in whole seconds asks for.
   */
  static of(response: Response, message: string, options: FailureOptions = {}): Failure {
    const seconds = response.headers.get("retry-after")?.trim() ?? "";
    const asked = /^[0-9]{1,9}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
    return new Failure(message, { code: `HTTP_${response.status}`, retryAfterMs: asked, ...options });
  }
}

/**
 * Why a request has no answer. `fetch` throws it.
 *
 * Nobody needs to catch it: the job fails with its message, and is retried where a retry can help.
 */
export class HttpError extends Error {
  override name = "HttpError";

  constructor(
    message: string,
    /** What kind of thing did not come. */
    readonly kind: ErrorKind,
    options: { cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }

  /** Whether the same request would meet the same error until somebody changes the grants or the worker. */
  get permanent(): boolean {
    return isPermanent(this.kind);
  }
}

/** The host did not do what it was asked for, such as handing out a secret that is not granted. */
export class HostError extends Error {
  override name = "HostError";

  constructor(
    message: string,
    /** What kind of thing did not come. */
    readonly kind: ErrorKind,
  ) {
    super(message);
  }

  /** Whether a retry would meet the same error. */
  get permanent(): boolean {
    return isPermanent(this.kind);
  }
}
