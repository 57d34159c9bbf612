import type { Level } from "../host";
import type { Variables } from "../json";
import type { Ended, WitAnswer, WitFailure } from "../wit";
import type { SentRequest } from "./http";

/** A record that a worker logged. */
export interface LogRecord {
  level: Level;
  message: string;
  fields: Record<string, string>;
}

/** What a worker did in one attempt under test. */
export class Run {
  /** @internal */
  constructor(
    private readonly ended: Ended,
    /** The requests that it sent. */
    readonly requests: SentRequest[],
    /** What it logged, without what it wrote to `console`. */
    readonly log: LogRecord[],
    /** What it stored last, or found; `undefined` when there is nothing. */
    readonly checkpoint: unknown,
  ) {}

  /** The variables of a completed job. */
  completed(): Variables {
    if ("ok" in this.ended && this.ended.ok.tag === "completed") {
      return JSON.parse(this.ended.ok.val.variables) as Variables;
    }
    throw this.otherwise("completed");
  }

  /** What a task listener or an ad-hoc sub-process answered beside variables. */
  answer(): WitAnswer | undefined {
    if ("ok" in this.ended && this.ended.ok.tag === "completed") return this.ended.ok.val.answer;
    throw this.otherwise("completed");
  }

  /** After how many milliseconds the job asked to be run again. */
  again(): number {
    return this.waits("again");
  }

  /** Within how many milliseconds somebody else completes the job. */
  parked(): number {
    return this.waits("parked");
  }

  /** The business error. */
  bpmnError(): { code: string; message: string; variables: Variables } {
    if ("err" in this.ended && this.ended.err.tag === "bpmn") {
      const { code, message, variables } = this.ended.err.val;
      return { code, message, variables: JSON.parse(variables) as Variables };
    }
    throw this.otherwise("a BPMN error");
  }

  /** The technical failure. What it does not say is absent. */
  failure(): { message: string; code?: string; variables?: Variables; retries?: number; retryAfterMs?: number } {
    if ("err" in this.ended && this.ended.err.tag === "failed") return said(this.ended.err.val);
    throw this.otherwise("a failure");
  }

  private waits(tag: "again" | "parked"): number {
    if ("ok" in this.ended && this.ended.ok.tag === tag) return Number(this.ended.ok.val);
    throw this.otherwise(tag);
  }

  private otherwise(expected: string): Error {
    const shown = JSON.stringify(this.ended, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
    return new Error(`the job ended otherwise than as ${expected}: ${shown}`);
  }
}

function said(failure: WitFailure): ReturnType<Run["failure"]> {
  return {
    message: failure.message,
    ...(failure.code !== undefined && { code: failure.code }),
    ...(failure.variables !== undefined && { variables: JSON.parse(failure.variables) as Variables }),
    ...(failure.retries !== undefined && { retries: failure.retries }),
    ...(failure.retryAfterMs !== undefined && { retryAfterMs: Number(failure.retryAfterMs) }),
  };
}
