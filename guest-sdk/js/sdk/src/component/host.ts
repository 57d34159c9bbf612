/** The host as every component has it: the imports of the world `task`. */
import * as checkpoint from "fermata:host/checkpoint@0.1.0";
import * as context from "fermata:host/job-context@0.1.0";
import * as log from "fermata:host/log@0.1.0";
import { HostError } from "../errors";
import type { Host } from "../host";
import { payloadOf } from "./payload";

type StoreError = { tag: string; val?: unknown };

const absent = (what: string) => (): never => {
  const message = `${what} needs the world \`connector\`, and this component is built for the world \`task\``;
  throw new HostError(message, "not-offered");
};

/** The host of a component of the world `task`. */
export const taskHost: Host = {
  log: (level, message, fields) => log.write(level, message, fields),
  attempt: () => context.attempt(),
  retriesLeft: () => context.retriesLeft(),
  deadlineMs: () => Number(context.deadlineMs()),
  processInstanceKey: () => context.processInstanceKey(),
  processDefinitionKey: () => context.processDefinitionKey(),
  processDefinitionId: () => context.processDefinitionId(),
  processDefinitionVersion: () => context.processDefinitionVersion(),
  elementId: () => context.elementId(),
  elementInstanceKey: () => context.elementInstanceKey(),
  tenantId: () => context.tenantId(),
  checkpointGet: () => asking("the checkpoint", () => checkpoint.get()),
  checkpointPut: (value) => asking("the checkpoint", () => checkpoint.put(value)),
  placeholder: absent("a secret"),
  reveal: absent("a secret"),
  effectBegin: absent("an effect"),
  effectFinish: absent("an effect"),
  setting: absent("a setting"),
};

/** Asks the host, and makes an error of its answer in words for the operator. */
export function asking<T>(what: string, ask: () => T): T {
  try {
    return ask();
  } catch (thrown) {
    const error = payloadOf<StoreError>(thrown);
    if (error === undefined) throw thrown;
    throw refused(what, error);
  }
}

function refused(what: string, error: StoreError): HostError {
  switch (error.tag) {
    case "superseded":
      return new HostError(`${what} is refused: a later attempt of this job has started`, "superseded");
    case "too-large":
      return new HostError(`${what} has more than ${String(error.val)} bytes`, "too-large");
    case "unavailable":
    case "upstream":
    case "io":
      return new HostError(`${what} cannot be had: ${String(error.val)}`, "unavailable");
    case "digest-differs":
      return new HostError(`${what} was begun before with another content`, "digest-differs");
    case "not-begun":
      return new HostError(`${what} was not begun in this job`, "not-begun");
    default: {
      const message = typeof error.val === "string" ? error.val : `${what}: ${error.tag}`;
      return new HostError(message, error.tag === "not-granted" || error.tag === "not-set" ? error.tag : "not-offered");
    }
  }
}
