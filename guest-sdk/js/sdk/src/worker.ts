import { ended } from "./ending";
import { HostError } from "./errors";
import { failed } from "./failing";
import type { Headers, Job } from "./job";
import type { Variables } from "./json";
import type { Result } from "./outcome";
import { allWellFormed } from "./text";
import type { Ended, WitJob } from "./wit";

/** What does a job: it returns variables or an outcome, or throws. */
export type Handler<V = Variables> = (job: Job<V>) => Result | Promise<Result>;

/** A handler that the host can call. */
export interface Worker {
  /** Does a job as the host hands it over. A handler that is not `async` answers at once. */
  (job: WitJob): Ended | Promise<Ended>;
}

/**
 * Makes a worker of a handler. Export it as `handle`.
 *
 * `V` is what the handler expects of the job's variables; nothing checks that a model passes it.
 */
export function worker<V = Variables>(handler: Handler<V>): Worker {
  return (wit) => {
    const ended = run(wit, handler);
    return ended instanceof Promise ? ended.then(allWellFormed) : allWellFormed(ended);
  };
}

function run<V>(wit: WitJob, handler: Handler<V>): Ended | Promise<Ended> {
  try {
    const job = read<V>(wit);
    const result = handler(job);
    if (result instanceof Promise) {
      return result.then(
        (result) => attempt(job, result),
        (error: unknown) => ({ err: failed(job, error) }),
      );
    }
    return attempt(job, result);
  } catch (error) {
    return { err: failed({ headers: Object.fromEntries(wit.headers) }, error) };
  }
}

function attempt(job: Job<unknown>, result: Result): Ended {
  try {
    return { ok: ended(job, result) };
  } catch (error) {
    return { err: failed(job, error) };
  }
}

function read<V>(wit: WitJob): Job<V> {
  let variables: unknown;
  try {
    variables = JSON.parse(wit.variables);
  } catch (error) {
    throw new HostError(`the job's variables cannot be read: ${String(error)}`, "misuse");
  }
  return {
    key: wit.key,
    type: wit.jobType,
    kind: wit.kind,
    variables: variables as V,
    headers: Object.freeze(Object.fromEntries(wit.headers)) as Headers,
    idempotencyKey: wit.idempotencyKey,
  };
}
