import { HostError } from "../errors";
import { requestOf } from "../http";
import { install, type BegunBytes, type Host as HostFunctions, type SavedBytes } from "../host";
import type { JobKind } from "../job";
import type { Variables } from "../json";
import { decode, encode } from "../text";
import type { WitJob } from "../wit";
import type { Worker } from "../worker";
import { type Answer, type Exchange, type SentRequest } from "./http";
import { type LogRecord, Run } from "./run";

/** How long an attempt may take, in milliseconds. */
const ATTEMPT_TIME_MS = 300_000;

/** A host that grants and answers what a test says, for one job. */
export class Host {
  private readonly secrets = new Map<string, string | undefined>();
  private readonly settings = new Map<string, string>();
  private readonly effects = new Map<string, { digest: string; answer: Uint8Array | undefined }>();
  private readonly headers: [string, string][] = [];
  private readonly exchanges: Exchange[] = [];
  private jobType = "test";
  private kind: JobKind = "task";
  private attempts = 0;
  private retries = 3;
  private attemptMs = ATTEMPT_TIME_MS;
  private saved: SavedBytes | undefined;
  private requests: SentRequest[] = [];
  private records: LogRecord[] = [];

  /** Sets the type of the job, and what in a model asks for it. */
  job(type: string, kind: JobKind = "task"): this {
    this.jobType = type;
    this.kind = kind;
    return this;
  }

  /** Adds a task header. */
  header(name: string, value: string): this {
    this.headers.push([name, value]);
    return this;
  }

  /** Sets how many attempts there are in all; 3 unless a test says otherwise. */
  attemptsMax(count: number): this {
    this.retries = count;
    return this;
  }

  /** Sets the number of the next attempt. */
  attempt(number: number): this {
    this.attempts = number - 1;
    return this;
  }

  /** Sets how many milliseconds an attempt may take from its start; 300,000 unless a test says otherwise. */
  timeLeft(ms: number): this {
    this.attemptMs = ms;
    return this;
  }

  /** Grants a secret as a placeholder, which reads `{secret NAME}` in sent requests; and as its value, if that is given. */
  secret(name: string, revealed?: string): this {
    this.secrets.set(name, revealed);
    return this;
  }

  /** Sets a setting. */
  setting(key: string, value: string): this {
    this.settings.set(key, value);
    return this;
  }

  /** Sets what an earlier attempt has stored. */
  checkpoint(value: unknown): this {
    this.saved = { value: encode(JSON.stringify(value)), writerVersion: "0.0.0", attempt: 1 };
    return this;
  }

  /** Expects a request, the next one in order, and answers it. */
  expect(method: string, url: string, answer: Answer): this {
    this.exchanges.push({ method, url, answer });
    return this;
  }

  /**
   * Runs the next attempt of the job.
   *
   * It throws when the worker sends a request that is not expected, and when it does not send one that is.
   */
  async run(worker: Worker, variables: Variables): Promise<Run> {
    this.attempts += 1;
    this.requests = [];
    this.records = [];
    let unexpected: Error | undefined;
    const fetchBefore = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      try {
        return await this.answer(requestOf(input, init));
      } catch (error) {
        if (error instanceof Unexpected) unexpected ??= error;
        throw error;
      }
    };
    install(this.functions());
    try {
      const ended = await worker(this.wit(variables));
      if (unexpected !== undefined) throw unexpected;
      const [unsent] = this.exchanges;
      const found = this.saved && (JSON.parse(decode(this.saved.value)) as unknown);
      const run = new Run(ended, this.requests, this.records, found);
      if (unsent === undefined) return run;
      throw new Error(`the worker did not send ${unsent.method} ${unsent.url}; it ended with ${show(ended)}`);
    } finally {
      install(undefined);
      globalThis.fetch = fetchBefore;
    }
  }

  private wit(variables: Variables): WitJob {
    return {
      key: "2251799813685249",
      jobType: this.jobType,
      kind: this.kind,
      variables: JSON.stringify(variables),
      headers: this.headers,
      idempotencyKey: "test-idempotency-key",
    };
  }

  private async answer(request: Request): Promise<Response> {
    const { method, url } = request;
    const headers = Object.fromEntries(request.headers.entries());
    const bytes = new Uint8Array(await request.arrayBuffer());
    this.requests.push({ method, url, headers, body: decode(bytes), bytes });
    const expected = this.exchanges.shift();
    if (expected === undefined) {
      throw new Unexpected(`the worker sent ${method} ${url}, and the test expects no further request`);
    }
    if (method !== expected.method || url !== new URL(expected.url).href) {
      throw new Unexpected(`the worker sent ${method} ${url}, and the test expects ${expected.method} ${expected.url}`);
    }
    return expected.answer.give(url);
  }

  private functions(): HostFunctions {
    const deadline = Date.now() + this.attemptMs;
    const attempt = this.attempts;
    return {
      log: (level, message, fields) => {
        this.records.push({ level, message, fields: Object.fromEntries(fields) });
      },
      attempt: () => attempt,
      retriesLeft: () => Math.max(this.retries - attempt, 0),
      deadlineMs: () => deadline,
      processInstanceKey: () => "2251799813685250",
      processDefinitionKey: () => "2251799813685251",
      processDefinitionId: () => "test-process",
      processDefinitionVersion: () => 1,
      elementId: () => "test-task",
      elementInstanceKey: () => "2251799813685252",
      tenantId: () => "<default>",
      checkpointGet: () => this.saved,
      checkpointPut: (value) => {
        this.saved = { value: value.slice(), writerVersion: "0.0.0", attempt };
      },
      placeholder: (name) => {
        if (this.secrets.has(name)) return `{secret ${name}}`;
        throw new HostError(`the secret \`${name}\` is not granted`, "not-granted");
      },
      reveal: (name) => {
        const value = this.secrets.get(name);
        if (value !== undefined) return value;
        throw new HostError(`revealing the secret \`${name}\` is not granted`, "not-granted");
      },
      effectBegin: (name, digest) => this.beginEffect(name, decode(digest)),
      effectFinish: (name, answer) => {
        const effect = this.effects.get(name);
        if (effect === undefined) throw new HostError(`the call \`${name}\` was not begun in this job`, "not-begun");
        effect.answer = answer.slice();
      },
      setting: (key) => this.settings.get(key),
    };
  }

  private beginEffect(name: string, digest: string): BegunBytes {
    const effect = this.effects.get(name);
    if (effect === undefined) {
      this.effects.set(name, { digest, answer: undefined });
      return { state: "fresh", key: `effect ${name}` };
    }
    if (effect.digest !== digest) {
      throw new HostError(`the call \`${name}\` was begun before with another content`, "digest-differs");
    }
    if (effect.answer !== undefined) return { state: "answered", answer: effect.answer };
    return { state: "unknown", key: `effect ${name}` };
  }
}

/** The worker does what the test does not expect. */
class Unexpected extends Error {}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? Number(part) : part));
}
