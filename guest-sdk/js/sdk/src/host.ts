/** What the SDK asks of a host: the component's imports, or a test's stand-in. */

import { HostError } from "./errors";
import { allWellFormed, isWellFormed, wellFormed } from "./text";

/** How much a log record matters, least first. */
export type Level = "trace" | "debug" | "info" | "warn" | "error";

/** A checkpoint as it was stored. */
export interface SavedBytes {
  value: Uint8Array;
  writerVersion: string;
  attempt: number;
}

/** What is known about a call. */
export type BegunBytes =
  | { state: "fresh"; key: string }
  | { state: "unknown"; key: string }
  | { state: "answered"; answer: Uint8Array };

/** The host's functions. They throw `HostError`. */
export interface Host {
  log(level: Level, message: string, fields: [string, string][]): void;
  attempt(): number;
  retriesLeft(): number;
  deadlineMs(): number;
  processInstanceKey(): string;
  processDefinitionKey(): string;
  processDefinitionId(): string;
  processDefinitionVersion(): number;
  elementId(): string;
  elementInstanceKey(): string;
  tenantId(): string;
  checkpointGet(): SavedBytes | undefined;
  checkpointPut(value: Uint8Array): void;
  placeholder(name: string): string;
  reveal(name: string): string;
  effectBegin(name: string, digest: Uint8Array): BegunBytes;
  effectFinish(name: string, answer: Uint8Array): void;
  setting(key: string): string | undefined;
}

let installed: Host | undefined;

/** The host that this job runs on. */
export function host(): Host {
  if (installed === undefined) {
    throw new Error("there is no host here: run the worker through `Host` of @fermata/sdk/testing");
  }
  return installed;
}

/** Puts a host in place, or takes it away. */
export function install(host: Host | undefined): void {
  installed = host && withTexts(host);
}

/** The host with texts that it can take. */
function withTexts(host: Host): Host {
  return {
    ...host,
    log: (level, message, fields) => host.log(level, wellFormed(message), allWellFormed(fields)),
    placeholder: (name) => host.placeholder(nameOf(name)),
    reveal: (name) => host.reveal(nameOf(name)),
    effectBegin: (name, digest) => host.effectBegin(nameOf(name), digest),
    effectFinish: (name, answer) => host.effectFinish(nameOf(name), answer),
    setting: (key) => host.setting(nameOf(key)),
  };
}

/** A name that the host looks something up by. Replacing a part of it would ask for something else. */
function nameOf(name: string): string {
  if (isWellFormed(name)) return name;
  throw new HostError(`the name ${JSON.stringify(name)} is not UTF-8`, "invalid-name");
}
