/**
 * Fermata workers in TypeScript and JavaScript.
 *
 * A worker is a function from a job to the variables of its result:
 *
 * ```ts
 * import { worker } from "@fermata/sdk";
 *
 * export const handle = worker<{ amount: number }>(async (job) => {
 *   return { score: 100 - Math.min(job.variables.amount, 100) };
 * });
 * ```
 *
 * - A business error is a thrown {@link BpmnError}: a boundary event of the model may catch it.
 * - A technical failure is a thrown {@link Failure}, or any other thrown error: the job is retried.
 * - `fetch` sends HTTP requests to the hosts that the operator granted.
 * - {@link checkpoint}, {@link config}, {@link context}, {@link effects}, {@link log} and {@link secrets} ask the host.
 */
export { worker, type Handler, type Worker } from "./worker";
export type { Headers, Job, JobKind } from "./job";
export { BpmnError, Failure, HostError, HttpError, type FailureOptions } from "./errors";
export type { ErrorKind } from "./kind";
export {
  activate,
  again,
  allow,
  deny,
  parked,
  Outcome,
  type Activation,
  type Corrections,
  type Direction,
  type Result,
} from "./outcome";
export type { Variables } from "./json";
export * as checkpoint from "./services/checkpoint";
export * as config from "./services/config";
export * as context from "./services/context";
export * as effects from "./services/effects";
export * as log from "./services/log";
export * as secrets from "./services/secrets";
