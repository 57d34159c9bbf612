/** What a component of the world `connector` exports: it may call services that the operator granted. */
import * as effects from "fermata:host/effects@0.1.0";
import * as secrets from "fermata:host/secrets@0.1.0";
import * as config from "wasi:config/store@0.2.0-rc.1";
import { install, type BegunBytes, type Host } from "../host";
import type { WitJob, WitOutcome } from "../wit";
import type { Worker } from "../worker";
import { fetch } from "./fetch";
import { asking, taskHost } from "./host";
import { answer } from "./task";

const connectorHost: Host = {
  ...taskHost,
  placeholder: (name) => asking(`the secret \`${name}\``, () => secrets.placeholder(name)),
  reveal: (name) => asking(`the secret \`${name}\``, () => secrets.reveal(name)),
  effectBegin: (name, digest) => asking(`the call \`${name}\``, () => begun(effects.begin(name, digest))),
  effectFinish: (name, answer) => asking(`the answer to the call \`${name}\``, () => effects.finish(name, answer)),
  setting: (key) => asking(`the setting \`${key}\``, () => config.get(key)),
};

function begun(from: effects.Begun): BegunBytes {
  return from.tag === "answered" ? { state: from.tag, answer: from.val } : { state: from.tag, key: from.val };
}

/** The export `handler` of a component. */
export function component(worker: Worker): { handle(job: WitJob): Promise<WitOutcome> } {
  install(connectorHost);
  globalThis.fetch = fetch;
  // The engine's own throws what nobody can catch, and ends the component.
  AbortSignal.prototype.throwIfAborted = function () {
    if (this.aborted) throw this.reason;
  };
  return {
    async handle(job) {
      return answer(await worker(job));
    },
  };
}
