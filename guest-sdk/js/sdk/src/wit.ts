/** The records of `fermata:worker/jobs` as the bindings of components have them. */

export interface WitJob {
  key: string;
  jobType: string;
  kind: "task" | "execution-listener" | "task-listener" | "ad-hoc-sub-process";
  variables: string;
  headers: [string, string][];
  idempotencyKey: string;
}

export interface WitCorrections {
  assignee: string | undefined;
  dueDate: string | undefined;
  followUpDate: string | undefined;
  candidateUsers: string[] | undefined;
  candidateGroups: string[] | undefined;
  priority: number | undefined;
}

export type WitVerdict = { tag: "allowed"; val: WitCorrections } | { tag: "denied"; val: string };

export interface WitDirection {
  activateElements: { elementId: string; variables: string }[];
  completionConditionFulfilled: boolean;
  cancelRemainingInstances: boolean;
}

export type WitAnswer =
  | { tag: "task-listener"; val: WitVerdict }
  | { tag: "ad-hoc-sub-process"; val: WitDirection };

export type WitOutcome =
  | { tag: "completed"; val: { variables: string; answer: WitAnswer | undefined } }
  | { tag: "again" | "parked"; val: bigint };

export interface WitFailure {
  message: string;
  code: string | undefined;
  variables: string | undefined;
  retries: number | undefined;
  retryAfterMs: bigint | undefined;
}

export type WitJobError =
  | { tag: "bpmn"; val: { code: string; message: string; variables: string } }
  | { tag: "failed"; val: WitFailure };

/** How an attempt ended. */
export type Ended = { ok: WitOutcome } | { err: WitJobError };
