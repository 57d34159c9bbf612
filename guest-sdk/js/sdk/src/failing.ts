/** How a job ends when something was thrown, in the host's words. */
import { milliseconds, variables } from "./ending";
import { BpmnError, Failure, HostError, HttpError } from "./errors";
import { host } from "./host";
import { isTimeout } from "./http";
import type { Job } from "./job";
import type { WitFailure, WitJobError } from "./wit";

/** The task header by which a model says how long to wait. The host reads it. */
const MODEL_BACKOFF_HEADER = "retryBackoff";

/** How long an outage is waited out after the first attempts when nobody says; later ones wait as long as the last. */
const OUTAGE_WAITS_MS = [1_000, 5_000, 30_000];

/** What the engine of a component throws, a text without a place, when the job's memory is used up. */
const OUT_OF_MEMORY = "out of memory";

/** What a handler threw, as the host reads it. */
export function failed(job: Pick<Job<unknown>, "headers">, error: unknown): WitJobError {
  try {
    return ending(job, error);
  } catch (misuse) {
    // What an error carries, such as its variables, does not fit the interface.
    return { tag: "failed", val: failure(`${words(error)} (${words(misuse)})`, { retries: 0 }) };
  }
}

function ending(job: Pick<Job<unknown>, "headers">, error: unknown): WitJobError {
  if (error instanceof BpmnError) {
    const { code, message } = error;
    return { tag: "bpmn", val: { code: String(code), message, variables: variables(error.variables, "the error's variables") } };
  }
  if (error instanceof Failure) {
    const { message, code, retries, retryAfterMs } = error;
    if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0 && retries < 2 ** 31)) {
      throw new HostError(`retries are a whole number from 0 on, not ${String(retries)}`, "misuse");
    }
    if (error.cause !== undefined) logCause(error.cause);
    return {
      tag: "failed",
      val: failure(message, {
        code: code === undefined ? undefined : String(code),
        variables: error.variables && variables(error.variables, "the failure's variables"),
        retries,
        retryAfterMs: retryAfterMs === undefined ? undefined : milliseconds(retryAfterMs, "retryAfterMs"),
      }),
    };
  }
  const isOutage = (error instanceof HttpError && !error.permanent) || isTimeout(error);
  const retryAfterMs = isOutage && !job.headers[MODEL_BACKOFF_HEADER] ? outageWait(host().attempt()) : undefined;
  if (error instanceof HostError || error instanceof HttpError) {
    return { tag: "failed", val: failure(error.message, { retries: error.permanent ? 0 : undefined, retryAfterMs }) };
  }
  if (isOutage) return { tag: "failed", val: failure(words(error), { retryAfterMs }) };
  host().log("error", `the handler threw ${words(error)}`, stack(error));
  return { tag: "failed", val: failure(words(error), {}) };
}

function failure(message: string, rest: Partial<WitFailure>): WitFailure {
  const { code, variables, retries, retryAfterMs } = rest;
  return { message, code, variables, retries, retryAfterMs };
}

function outageWait(attempt: number): bigint {
  const index = Math.min(Math.max(attempt, 1), OUTAGE_WAITS_MS.length) - 1;
  return BigInt(OUTAGE_WAITS_MS[index] ?? 0);
}

function logCause(cause: unknown): void {
  host().log("error", `caused by ${words(cause)}`, stack(cause));
}

function stack(error: unknown): [string, string][] {
  return error instanceof Error && error.stack ? [["stack", error.stack]] : [];
}

/** A thrown value in words: its name, its message, and what caused it. */
function words(error: unknown): string {
  if (error === OUT_OF_MEMORY) return "the worker needs more memory than it may have";
  if (!(error instanceof Error)) return String(error);
  const own = error.message === "" ? error.name : `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${own}: ${words(error.cause)}` : own;
}
