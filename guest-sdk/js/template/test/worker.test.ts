import assert from "node:assert/strict";
import { test } from "node:test";
import { Answer, Host } from "@fermata/sdk/testing";
import { handle } from "../src/worker";

const SERVICE = "https://customers.example.com";
const ADA = Answer.json(200, { name: "Ada", score: 712, since: 1815 });
const CHECK = Answer.json(201, { id: "chk-7" });

function host(): Host {
  return new Host().secret("CUSTOMER_API_KEY").setting("base-url", SERVICE);
}

test("the setting may end with a slash and the score with a zero", async () => {
  const run = await host()
    .setting("base-url", `${SERVICE}/`)
    .expect("GET", `${SERVICE}/customers/C-1`, Answer.text(200, '{"name": "Ada", "score": 712.0}'))
    .expect("POST", `${SERVICE}/checks`, CHECK)
    .run(handle, { customer: "C-1" });
  assert.equal(run.completed()["approved"], true);
  assert.equal(run.requests[1]?.body, '{"customer":"C-1","score":712}');
});

test("a customer is found and checked", async () => {
  const run = await host()
    .expect("GET", `${SERVICE}/customers/C%2F1`, ADA)
    .expect("POST", `${SERVICE}/checks`, CHECK)
    .run(handle, { customer: "C/1" });
  assert.deepEqual(run.completed(), { customerName: "Ada", checkId: "chk-7", approved: true });
  const [, check] = run.requests;
  assert.equal(check?.headers["authorization"], "Bearer {secret CUSTOMER_API_KEY}");
  assert.equal(check.headers["idempotency-key"], "test-idempotency-key");
  assert.deepEqual(JSON.parse(check.body), { customer: "C/1", score: 712 });
  assert.deepEqual(run.log, [
    { level: "info", message: "customer checked", fields: { customer: "C/1", score: "712" } },
  ]);
});

test("an unknown customer is a BPMN error", async () => {
  const run = await host()
    .expect("GET", `${SERVICE}/customers/C-1`, Answer.status(404))
    .run(handle, { customer: "C-1" });
  assert.deepEqual(run.bpmnError(), {
    code: "CUSTOMER_NOT_FOUND",
    message: "there is no customer C-1",
    variables: { customer: "C-1" },
  });
});

test("an outage of the service is a failure that waits as long as the service asks for", async () => {
  const run = await host()
    .expect("GET", `${SERVICE}/customers/C-1`, Answer.status(503).header("retry-after", "20"))
    .run(handle, { customer: "C-1" });
  assert.deepEqual(run.failure(), {
    message: "the customer service answered 503",
    code: "HTTP_503",
    retryAfterMs: 20_000,
  });
});

test("an attempt after a failed check does not look for the customer again", async () => {
  const job = host()
    .expect("GET", `${SERVICE}/customers/C-1`, ADA)
    .expect("POST", `${SERVICE}/checks`, Answer.status(500));
  const first = await job.run(handle, { customer: "C-1" });
  assert.equal(first.failure().message, "the check service answered 500");
  assert.deepEqual(first.checkpoint, { name: "Ada", score: 712 });

  const second = await job.expect("POST", `${SERVICE}/checks`, CHECK).run(handle, { customer: "C-1" });
  assert.equal(second.completed()["checkId"], "chk-7");
});

test("what no retry can heal leaves no retries", async () => {
  const missing = await host().run(handle, {});
  assert.deepEqual(missing.failure(), { message: "variable `customer` is missing", retries: 0 });
  const number = await host().run(handle, { customer: 1 });
  assert.deepEqual(number.failure(), { message: "variable `customer` is not a text", retries: 0 });
  const unset = await new Host().secret("CUSTOMER_API_KEY").run(handle, { customer: "C-1" });
  assert.deepEqual(unset.failure(), { message: "setting `base-url` is missing", retries: 0 });
  for (const body of ["[]", "null", "gone", '{"name":"Ada","score":7.5}']) {
    const misfit = await host()
      .expect("GET", `${SERVICE}/customers/C-1`, Answer.text(200, body))
      .run(handle, { customer: "C-1" });
    assert.deepEqual(misfit.failure(), {
      message: "the customer service answered something else than a customer",
      retries: 0,
    });
  }
});
