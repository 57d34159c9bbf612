/**
 * A stand-in for the host, so that plain `node --test` tests a worker.
 *
 * ```ts
 * const host = new Host().secret("API_KEY").setting("base-url", "https://stock.example");
 * host.expect("GET", "https://stock.example/lamp", Answer.json(200, { count: 7 }));
 * const run = await host.run(handle, { article: "lamp" });
 * assert.deepEqual(run.completed(), { inStock: true });
 * ```
 *
 * Each `run` on one host is the next attempt of the same job: checkpoints and effects stay.
 * While it runs, `fetch` answers what the test expects; clocks, timers and randomness are Node's.
 */
export { Host } from "./host";
export { Answer, type SentRequest } from "./http";
export { Run, type LogRecord } from "./run";
