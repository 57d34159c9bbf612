import assert from "node:assert/strict";
import { test } from "node:test";
import {
  activate,
  again,
  allow,
  BpmnError,
  checkpoint,
  config,
  context,
  deny,
  effects,
  Failure,
  HostError,
  HttpError,
  log,
  parked,
  secrets,
  worker,
  type ErrorKind,
  type Result,
} from "@fermata/sdk";
import { Answer, Host, type Run } from "@fermata/sdk/testing";

/** Runs a handler once. */
function run(handler: () => Result | Promise<Result>, host = new Host()): Promise<Run> {
  return host.run(worker(handler), {});
}

test("variables, or nothing, complete a job", async () => {
  assert.deepEqual((await run(() => ({ a: 1, none: undefined }))).completed(), { a: 1 });
  assert.deepEqual((await run(async () => {})).completed(), {});
});

test("a job's parts come to the handler", async () => {
  const host = new Host().job("check", "execution-listener").header("Region", "EU");
  const echo = worker<{ a: number }>(({ type, kind, variables, headers }) => ({ type, kind, variables, headers }));
  assert.deepEqual((await host.run(echo, { a: 1 })).completed(), {
    type: "check",
    kind: "execution-listener",
    variables: { a: 1 },
    headers: { Region: "EU" },
  });
});

test("a result that is no JSON object is refused by name", async () => {
  for (const [result, message] of [
    [[1], "the handler's result must be a JSON object, not an array"],
    ["done", "the handler's result must be a JSON object, not a text"],
    [new Date(0), "the handler's result must be a JSON object, not a date"],
    [() => 1, "the handler's result is a function, which JSON cannot hold"],
    [{ a: { b: Number.NaN } }, "`b` in the handler's result is NaN, which JSON cannot hold"],
    [{ a: 10n }, "`a` in the handler's result is a bigint, which JSON cannot hold"],
    [{ a: new Map() }, "`a` in the handler's result is a Map, which JSON cannot hold"],
    [{ a: Promise.resolve() }, "`a` in the handler's result is a promise (is an `await` missing?), which JSON cannot hold"],
  ] as const) {
    assert.deepEqual((await run(() => result as object)).failure(), { message, retries: 0 });
  }
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  assert.match((await run(() => circle)).failure().message, /^the handler's result cannot be written as JSON: /);
});

test("long texts are written like short ones", async () => {
  for (const part of ["x", "\u0007\"\\", "\u{1f600}", "a\u{1f600}", '"\\ud8000"', "\u20ac\n"]) {
    const text = part.repeat(100_000);
    const result = { text, list: ['"\\ud8000"', "\\ud8001", text, 1], "\\ud8000": text };
    const host = new Host();
    const ended = await host.run(
      worker(() => {
        checkpoint.put(result);
        return result;
      }),
      {},
    );
    assert.deepEqual(ended.completed(), result);
    assert.deepEqual(ended.checkpoint, result);
  }
  const half = await run(() => ({ a: "x".repeat(100_000) + "\ud800" }));
  assert.match(half.failure().message, /^`a` in the handler's result is a text with half a surrogate pair/);
});

test("jobs are put off", async () => {
  assert.equal((await run(() => again(2_000))).again(), 2_000);
  assert.equal((await run(() => parked(60_000))).parked(), 60_000);
  assert.deepEqual((await run(() => again(-1))).failure(), {
    message: "again(…) takes milliseconds from 0 on, not -1",
    retries: 0,
  });
});

test("a task listener allows, corrects or denies", async () => {
  const listener = (): Host => new Host().job("review", "task-listener");
  const allowed = await run(() => allow({ assignee: "ada", priority: 90 }, { seen: true }), listener());
  assert.deepEqual(allowed.completed(), { seen: true });
  assert.deepEqual(JSON.parse(JSON.stringify(allowed.answer())), {
    tag: "task-listener",
    val: { tag: "allowed", val: { assignee: "ada", priority: 90 } },
  });
  const denied = await run(() => deny("not on Sundays"), listener());
  assert.deepEqual(denied.answer(), { tag: "task-listener", val: { tag: "denied", val: "not on Sundays" } });
  assert.equal(
    (await run(() => allow({ priority: 101 }), listener())).failure().message,
    "the priority of a user task is a whole number from 0 to 100, not 101",
  );
  assert.equal(
    (await run(() => allow({ candidateUsers: "ada" as unknown as string[] }), listener())).failure().message,
    'the candidateUsers of a user task is an array of texts, not "ada"',
  );
  assert.deepEqual((await run(() => deny("no"))).failure(), {
    message: "deny(…) answers jobs of the kind task-listener, and this one is of the kind task",
    retries: 0,
  });
});

test("an ad-hoc sub-process is told what comes next", async () => {
  const elements = ["a", { elementId: "b", variables: { x: 1 } }];
  const told = await run(() => activate({ elements, done: true }), new Host().job("agent", "ad-hoc-sub-process"));
  assert.deepEqual(told.answer(), {
    tag: "ad-hoc-sub-process",
    val: {
      activateElements: [
        { elementId: "a", variables: "{}" },
        { elementId: "b", variables: '{"x":1}' },
      ],
      completionConditionFulfilled: true,
      cancelRemainingInstances: false,
    },
  });
});

test("an activity to activate has an id", async () => {
  const elements = [{ elementId: 7 as unknown as string }];
  const told = await run(() => activate({ elements }), new Host().job("agent", "ad-hoc-sub-process"));
  assert.equal(told.failure().message, "an activity to activate has a text as its elementId, not a number");
});

test("errors keep apart: business, failure, anything else", async () => {
  const thrown = (error: unknown): Promise<Run> => run(() => Promise.reject(error));
  assert.deepEqual((await thrown(new BpmnError("LATE", "too late", { by: 3 }))).bpmnError(), {
    code: "LATE",
    message: "too late",
    variables: { by: 3 },
  });
  const failure = new Failure("not now", { code: "BUSY", variables: { n: 1 }, retries: 2, retryAfterMs: 500 });
  assert.deepEqual((await thrown(failure)).failure(), {
    message: "not now",
    code: "BUSY",
    variables: { n: 1 },
    retries: 2,
    retryAfterMs: 500,
  });
  const other = await thrown(new TypeError("x is undefined"));
  assert.deepEqual(other.failure(), { message: "TypeError: x is undefined" });
  assert.equal(other.log[0]?.level, "error");
  assert.match(other.log[0]?.fields["stack"] ?? "", /worker\.test\.ts/);
  assert.deepEqual((await thrown("a text")).failure(), { message: "a text" });
  const message = "the worker needs more memory than it may have";
  assert.deepEqual((await thrown("out of memory")).failure(), { message });
  assert.deepEqual((await thrown(new Failure("no", { retries: -1 }))).failure(), {
    message: "Failure: no (HostError: retries are a whole number from 0 on, not -1)",
    retries: 0,
  });
});

test("an outage is waited out, and what is refused is not tried again", async () => {
  const call = worker(async () => void (await fetch("https://a.example/")));
  const down = (kind: ErrorKind): Answer => Answer.error("a.example is down", kind);
  const host = new Host();
  for (const retryAfterMs of [1_000, 5_000, 30_000, 30_000]) {
    const run = await host.expect("GET", "https://a.example/", down("connect")).run(call, {});
    assert.deepEqual(run.failure(), { message: "a.example is down", retryAfterMs });
  }
  const modelled = new Host().header("retryBackoff", "PT10S").expect("GET", "https://a.example/", down("connect"));
  assert.deepEqual((await modelled.run(call, {})).failure(), { message: "a.example is down" });
  const refused = await new Host().expect("GET", "https://a.example/", down("refused")).run(call, {});
  assert.deepEqual(refused.failure(), { message: "a.example is down", retries: 0 });
});

test("a request that ran out of time, and an answer that is no JSON, are outages", async () => {
  const late = await run(() => Promise.reject(new DOMException("it is late", "TimeoutError")));
  assert.deepEqual(late.failure(), { message: "TimeoutError: it is late", retryAfterMs: 1_000 });
  const read = worker(async () => ({ body: await (await fetch("https://a.example/")).json() }));
  const odd = await new Host().expect("GET", "https://a.example/", Answer.text(200, "<html>")).run(read, {});
  assert.match(odd.failure().message, /^the HTTP answer cannot be read: .*; its status is 200$/);
  assert.equal(odd.failure().retryAfterMs, 1_000);
  const good = await new Host().expect("GET", "https://a.example/", Answer.json(200, [1])).run(read, {});
  assert.deepEqual(good.completed(), { body: [1] });
});

test("a copy of an answer is read like the answer", async () => {
  const read = worker(async () => {
    const answer = await fetch("https://a.example/");
    const copy = answer.clone();
    const { url, status } = copy;
    return { url, status, type: copy.headers.get("content-type"), copy: await copy.json(), body: await answer.json() };
  });
  const good = await new Host().expect("GET", "https://a.example/", Answer.json(201, [1])).run(read, {});
  const type = "application/json";
  assert.deepEqual(good.completed(), { url: "https://a.example/", status: 201, type, copy: [1], body: [1] });
  const odd = await new Host().expect("GET", "https://a.example/", Answer.text(200, "<html>")).run(read, {});
  assert.match(odd.failure().message, /^the HTTP answer cannot be read: .*; its status is 200$/);
  assert.equal(odd.failure().retryAfterMs, 1_000);
  const late = worker(async () => {
    const answer = await fetch("https://a.example/");
    await answer.text();
    answer.clone();
  });
  const used = await new Host().expect("GET", "https://a.example/", Answer.text(200, "x")).run(late, {});
  assert.equal(used.failure().message, "TypeError: the body of the HTTP answer was read before it was cloned");
});

test("a request that cannot be built is a failure for good", async () => {
  for (const url of ["no url", "ftp://a.example/", "https://me:pw@a.example/"]) {
    const { message, retries } = (await run(async () => void (await fetch(url)))).failure();
    assert.match(message, /^the HTTP request cannot be built: /);
    assert.equal(retries, 0, url);
  }
});

test("errors have kinds", async () => {
  const url = "https://a.example/";
  const late = Answer.error("it is late", "timeout");
  const cases: [() => unknown, Answer | undefined, ErrorKind, boolean][] = [
    [() => fetch(url), late, "timeout", false],
    [() => fetch(url), Answer.error("down"), "connect", false],
    [async () => (await fetch(url)).json(), Answer.text(200, "<"), "unexpected-body", false],
    [() => fetch("no url"), undefined, "invalid-request", true],
    [() => secrets.placeholder("KEY"), undefined, "not-granted", true],
    [() => secrets.placeholder("\ud800"), undefined, "invalid-name", true],
    [() => effects.finish("charge", ""), undefined, "not-begun", true],
    [() => checkpoint.put(Number.NaN), undefined, "misuse", true],
  ];
  for (const [ask, answer, kind, permanent] of cases) {
    let found: unknown;
    const handle = async (): Promise<void> => {
      try {
        await ask();
      } catch (error) {
        found = error;
      }
    };
    await run(handle, answer ? new Host().expect("GET", url, answer) : new Host());
    assert.ok(found instanceof HttpError || found instanceof HostError, String(found));
    assert.deepEqual([found.kind, found.permanent], [kind, permanent]);
  }
});

test("a test says which attempt it is and how long it may take", async () => {
  const where = worker(() => {
    const hurry = context.deadline().getTime() - Date.now() < 10_000;
    return { attempt: context.attempt(), retries: context.retriesLeft(), hurry };
  });
  const host = new Host().attemptsMax(6).attempt(4).timeLeft(5_000);
  assert.deepEqual((await host.run(where, {})).completed(), { attempt: 4, retries: 2, hurry: true });
  const later = await host.timeLeft(60_000).run(where, {});
  assert.deepEqual(later.completed(), { attempt: 5, retries: 1, hurry: false });
});

test("what is sent and answered may be bytes", async () => {
  const document = Uint8Array.from({ length: 256 }, (_, at) => at);
  const pass = worker(async () => {
    const found = await (await fetch("https://a.example/")).arrayBuffer();
    await fetch("https://a.example/", { method: "PUT", body: found });
  });
  const url = "https://a.example/";
  const host = new Host().expect("GET", url, Answer.bytes(200, document)).expect("PUT", url, Answer.status(204));
  assert.deepEqual((await host.run(pass, {})).requests[1]?.bytes, document);
});

test("variables that are no JSON are a failure for good", async () => {
  const wit = { key: "1", jobType: "test", kind: "task", variables: "{", headers: [], idempotencyKey: "key" } as const;
  const ended = await worker(() => ({}))({ ...wit, headers: [] });
  assert.ok("err" in ended && ended.err.tag === "failed");
  assert.match(ended.err.val.message, /^the job's variables cannot be read: /);
  assert.equal(ended.err.val.retries, 0);
});

test("halves of surrogate pairs are replaced in texts, and named in results", async () => {
  const [half, replaced] = ["gr\ud800n", "gr\ufffdn"];
  const failed = await run(() => {
    log.info(half, { [half]: half });
    throw new Failure(half, { code: half });
  });
  assert.deepEqual(failed.failure(), { message: replaced, code: replaced });
  assert.deepEqual(failed.log, [{ level: "info", message: replaced, fields: { [replaced]: replaced } }]);
  const error = (await run(() => Promise.reject(new BpmnError(half, half)))).bpmnError();
  assert.deepEqual(error, { code: replaced, message: replaced, variables: {} });
  assert.deepEqual((await run(() => ({ a: half }))).failure(), {
    message: "`a` in the handler's result is a text with half a surrogate pair, which JSON cannot hold",
    retries: 0,
  });
  assert.deepEqual((await run(() => ({ a: { [half]: 1 } }))).failure(), {
    message: `\`${replaced}\` in the handler's result is a name with half a surrogate pair, which JSON cannot hold`,
    retries: 0,
  });
  assert.deepEqual((await run(() => ({ "\ud83d\ude00": "\ud83d\ude00" }))).completed(), { "\u{1f600}": "\u{1f600}" });
  for (const ask of [secrets.placeholder, secrets.reveal, config.get]) {
    const named = (await run(() => ({ value: ask(half) }))).failure();
    assert.deepEqual(named, { message: 'the name "gr\\ud800n" is not UTF-8', retries: 0 });
  }
});

test("what a job keeps survives its attempts", async () => {
  const host = new Host();
  const steps = worker(() => {
    const before = checkpoint.get<{ ö: number }>();
    const call = effects.begin("charge", "10 EUR");
    if (context.attempt() === 2) effects.finish("charge", "paid");
    checkpoint.put({ ö: (before?.ö ?? 0) + 1 });
    return { before, call: call.state, left: context.retriesLeft() };
  });
  assert.deepEqual((await host.run(steps, {})).completed(), { call: "fresh", left: 2 });
  assert.deepEqual((await host.run(steps, {})).completed(), { before: { ö: 1 }, call: "unknown", left: 1 });
  const third = await host.run(steps, {});
  assert.deepEqual(third.completed(), { before: { ö: 2 }, call: "answered", left: 0 });
  assert.deepEqual(third.checkpoint, { ö: 3 });
});

test("a secret that is not granted is a failure for good", async () => {
  const ask = worker(() => ({ token: secrets.placeholder("KEY") }));
  assert.deepEqual((await new Host().run(ask, {})).failure(), {
    message: "the secret `KEY` is not granted",
    retries: 0,
  });
  assert.deepEqual((await new Host().secret("KEY").run(ask, {})).completed(), { token: "{secret KEY}" });
});

test("fields of log records are texts or JSON", async () => {
  const logged = await run(() => log.warn("odd", { text: "a", list: [1], error: new Error("e"), nan: Number.NaN }));
  assert.deepEqual(logged.log, [
    { level: "warn", message: "odd", fields: { text: "a", list: "[1]", error: "Error: e", nan: "NaN" } },
  ]);
});

test("a test that expects other requests than are sent fails", async () => {
  const call = worker(async () => {
    await fetch("https://a.example/").catch(() => undefined);
  });
  await assert.rejects(new Host().run(call, {}), /the test expects no further request/);
  await assert.rejects(
    new Host().expect("POST", "https://a.example/", Answer.status(200)).run(call, {}),
    /the worker sent GET https:\/\/a\.example\/, and the test expects POST/,
  );
  const idle = new Host().expect("GET", "https://a.example/", Answer.status(200)).run(worker(() => ({})), {});
  await assert.rejects(idle, /the worker did not send GET/);
});
