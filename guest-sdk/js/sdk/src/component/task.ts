/** What a component of the world `task` exports: it computes, and has no way out. */
import { install } from "../host";
import type { Ended, WitJob, WitOutcome } from "../wit";
import type { Worker } from "../worker";
import { installConsole } from "./console";
import { taskHost } from "./host";

/** QuickJS is built without one. */
const HAS_EVENT_LOOP = typeof setTimeout !== "undefined";

/** How an `async` handler ends where nothing waits for it. */
const NOBODY_WAITS: Ended = {
  err: {
    tag: "failed",
    val: {
      message: "the handler is async, and nothing waits for it in QuickJS: build with --engine starlingmonkey",
      code: undefined,
      variables: undefined,
      retries: 0,
      retryAfterMs: undefined,
    },
  },
};

/** The export `handler` of a component. */
export function component(worker: Worker): { handle(job: WitJob): WitOutcome | Promise<WitOutcome> } {
  install(taskHost);
  installConsole();
  return {
    handle(job) {
      const ended = worker(job);
      if (!(ended instanceof Promise)) return answer(ended);
      return HAS_EVENT_LOOP ? ended.then(answer) : answer(NOBODY_WAITS);
    },
  };
}

/** The result of the export: the bindings make its error of what is thrown. */
export function answer(ended: Ended): WitOutcome {
  if ("ok" in ended) return ended.ok;
  throw ended.err;
}
