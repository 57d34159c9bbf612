/** How a job ends when nothing went wrong, in the host's words; what does not fit is refused by name. */
import { HostError } from "./errors";
import type { Job } from "./job";
import { kindOf, NotJson, toJsonObject } from "./json";
import { Outcome, type Activation, type Corrections, type Direction, type Result } from "./outcome";
import type { WitAnswer, WitCorrections, WitDirection, WitOutcome } from "./wit";

/** The greatest whole number of milliseconds that the interface can tell. */
const MS_MAX = Number.MAX_SAFE_INTEGER;

/** The highest priority of a user task. */
const PRIORITY_MAX = 100;

/** What a handler returned, as the host reads it. */
export function ended(job: Job<unknown>, result: Result): WitOutcome {
  if (!(result instanceof Outcome)) return completed(result, undefined);
  const { ending } = result;
  switch (ending.type) {
    case "again":
    case "parked":
      return { tag: ending.type, val: milliseconds(ending.ms, `${ending.type}(…)`) };
    case "allowed":
      only(job, "task-listener", "allow");
      return completed(ending.variables, {
        tag: "task-listener",
        val: { tag: "allowed", val: corrections(ending.corrections) },
      });
    case "denied":
      only(job, "task-listener", "deny");
      return completed({}, { tag: "task-listener", val: { tag: "denied", val: String(ending.reason) } });
    case "directed":
      only(job, "ad-hoc-sub-process", "activate");
      return completed(ending.direction.variables, { tag: "ad-hoc-sub-process", val: direction(ending.direction) });
  }
}

/** A number of milliseconds for the host. */
export function milliseconds(ms: number, what: string): bigint {
  if (typeof ms !== "number" || !(ms >= 0 && ms <= MS_MAX)) {
    throw new HostError(`${what} takes milliseconds from 0 on, not ${String(ms)}`, "misuse");
  }
  return BigInt(Math.round(ms));
}

/** Variables as the host reads them. */
export function variables(value: unknown, what: string): string {
  try {
    return toJsonObject(value, what);
  } catch (error) {
    throw error instanceof NotJson ? new HostError(error.message, "misuse") : error;
  }
}

function completed(value: unknown, answer: WitAnswer | undefined): WitOutcome {
  return { tag: "completed", val: { variables: variables(value, "the handler's result"), answer } };
}

function only(job: Job<unknown>, kind: Job["kind"], name: string): void {
  if (job.kind !== kind) {
    throw new HostError(`${name}(…) answers jobs of the kind ${kind}, and this one is of the kind ${job.kind}`, "misuse");
  }
}

function corrections(from: Corrections): WitCorrections {
  const { priority } = from;
  const isText = (value: unknown): boolean => typeof value === "string";
  const check = (name: keyof Corrections, expected: string, fits: (value: unknown) => boolean): void => {
    const value: unknown = from[name];
    if (value === undefined || fits(value)) return;
    throw new HostError(`the ${name} of a user task is ${expected}, not ${JSON.stringify(value)}`, "misuse");
  };
  for (const name of ["assignee", "dueDate", "followUpDate"] as const) check(name, "a text", isText);
  for (const name of ["candidateUsers", "candidateGroups"] as const) {
    check(name, "an array of texts", (value) => Array.isArray(value) && value.every(isText));
  }
  const isPriority = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= PRIORITY_MAX;
  check("priority", `a whole number from 0 to ${PRIORITY_MAX}`, isPriority);
  return {
    assignee: from.assignee,
    dueDate: from.dueDate,
    followUpDate: from.followUpDate,
    candidateUsers: from.candidateUsers,
    candidateGroups: from.candidateGroups,
    priority,
  };
}

function direction(from: Direction): WitDirection {
  const elements = from.elements ?? [];
  if (!Array.isArray(elements)) {
    throw new HostError(`the elements to activate must be an array, not ${kindOf(elements)}`, "misuse");
  }
  return {
    activateElements: elements.map((element) => {
      const { elementId, variables: local }: Activation = typeof element === "string" ? { elementId: element } : element;
      if (typeof elementId !== "string") {
        throw new HostError(`an activity to activate has a text as its elementId, not ${kindOf(elementId)}`, "misuse");
      }
      return { elementId, variables: variables(local, `the variables of \`${elementId}\``) };
    }),
    completionConditionFulfilled: from.done ?? false,
    cancelRemainingInstances: from.cancelRemaining ?? false,
  };
}
