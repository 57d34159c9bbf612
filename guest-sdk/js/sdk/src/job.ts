import type { Variables } from "./json";

/** What in a model asks for the work. */
export type JobKind = "task" | "execution-listener" | "task-listener" | "ad-hoc-sub-process";

/** The task's headers, constant in the model. */
export type Headers = Readonly<Record<string, string>>;

/** A job as a worker sees it. What the host knows beyond it is in `context`. */
export interface Job<V = Variables> {
  /** The key of the job, a decimal number. The same in every attempt. */
  readonly key: string;
  /** The type that the model gives. */
  readonly type: string;
  /** What in the model asks: a task, or a listener. */
  readonly kind: JobKind;
  /** The input. Its type is what the worker expects: the host does not check it. */
  readonly variables: V;
  /** The task's headers. */
  readonly headers: Headers;
  /**
   * The same in every attempt of this job, and in no other job: send it to vendors that recognise repeated calls.
   * It is not a secret.
   */
  readonly idempotencyKey: string;
}
