/** One value per job that survives a retry. It is deleted when the job ends. */
import { HostError } from "../errors";
import { host } from "../host";
import { NotJson, toJson } from "../json";
import { decode, encode } from "../text";

/** A value as it was stored. */
export interface Saved<T> {
  value: T;
  /** The version of the component that wrote it: another version may read an older one's value. */
  writerVersion: string;
  /** The attempt that wrote it. */
  attempt: number;
}

/** The value stored last for this job, by any attempt; `undefined` when there is none. */
export function get<T = unknown>(): T | undefined {
  return saved<T>()?.value;
}

/** The value stored last for this job, with its writer. */
export function saved<T = unknown>(): Saved<T> | undefined {
  const stored = host().checkpointGet();
  if (stored === undefined) return undefined;
  let value: T;
  try {
    value = JSON.parse(decode(stored.value)) as T;
  } catch (error) {
    throw new HostError(
      `the checkpoint does not fit: version ${stored.writerVersion} stored something else than JSON: ${String(error)}`,
      "unreadable-checkpoint",
    );
  }
  return { value, writerVersion: stored.writerVersion, attempt: stored.attempt };
}

/** Stores a value, written as JSON, in place of the previous one. It is durable when the function returns. */
export function put(value: unknown): void {
  let json: string;
  try {
    json = toJson(value, "the checkpoint");
  } catch (error) {
    throw error instanceof NotJson ? new HostError(error.message, "misuse") : error;
  }
  host().checkpointPut(encode(json));
}
