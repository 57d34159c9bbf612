import { type Variables } from "./json";

/** What takes the place of a user task's attributes; an empty text or array takes the attribute away. */
export interface Corrections {
  /** The user that the task is assigned to. */
  assignee?: string | undefined;
  /** When it is due: a date and time as in ISO 8601. */
  dueDate?: string | undefined;
  /** When to follow it up: a date and time as in ISO 8601. */
  followUpDate?: string | undefined;
  /** The users that may claim it. */
  candidateUsers?: string[] | undefined;
  /** The groups that may claim it. */
  candidateGroups?: string[] | undefined;
  /** From 0 to 100; 50 is normal. */
  priority?: number | undefined;
}

/** An activity to activate in an ad-hoc sub-process. */
export interface Activation {
  /** The id of the activity in the model. */
  elementId: string;
  /** Variables for the activity alone. */
  variables?: Variables | undefined;
}

/** What happens in an ad-hoc sub-process next. */
export interface Direction {
  /** The activities to activate, in this order: ids, or ids with variables. */
  elements?: (string | Activation)[];
  /** Whether the sub-process is done: nothing more will be activated. */
  done?: boolean;
  /** Whether what is still active in it is ended when it is done. */
  cancelRemaining?: boolean;
  /** Variables for the process. */
  variables?: Variables;
}

type Ending =
  | { type: "again" | "parked"; ms: number }
  | { type: "allowed"; corrections: Corrections; variables: Variables }
  | { type: "denied"; reason: string }
  | { type: "directed"; direction: Direction };

/** How a job ends other than with variables alone. Made by `again`, `parked`, `allow`, `deny` and `activate`. */
export class Outcome {
  /** @internal */
  constructor(
    /** What the host is told. */
    readonly ending: Ending,
  ) {}
}

/** What a handler may return: variables, which are a JSON object, nothing, or an outcome. */
export type Result = object | Outcome | undefined | null | void;

/**
 * Not done yet: run the job again after so many milliseconds, which the host bounds on both sides.
 * No retry is spent, unless the job has asked for it thousands of times.
 */
export function again(ms: number): Outcome {
  return new Outcome({ type: "again", ms });
}

/** Somebody else completes this job, by webhook or API, within so many milliseconds; else the attempt has failed. */
export function parked(ms: number): Outcome {
  return new Outcome({ type: "parked", ms });
}

/** The answer of a task listener: the change of the user task may happen, with these corrections. */
export function allow(corrections: Corrections = {}, variables: Variables = {}): Outcome {
  return new Outcome({ type: "allowed", corrections, variables });
}

/** The answer of a task listener: the change of the user task does not happen. The reason is for people. */
export function deny(reason: string): Outcome {
  return new Outcome({ type: "denied", reason });
}

/** The answer of an ad-hoc sub-process: what happens in it next. */
export function activate(direction: Direction): Outcome {
  return new Outcome({ type: "directed", direction });
}
