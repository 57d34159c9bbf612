/** Structured log records of the job. What `console` writes goes to the job's log too, without fields. */
import { host, type Level } from "../host";
import { toJson } from "../json";

export type { Level };

/** Fields of a record: texts stay as they are, other values are written as JSON. */
export type Fields = Record<string, unknown>;

/** Writes a record: every step, for the author of the worker. */
export const trace = (message: string, fields?: Fields): void => write("trace", message, fields);
/** Writes a record: details that explain a result. */
export const debug = (message: string, fields?: Fields): void => write("debug", message, fields);
/** Writes a record: what happened, in the words of the operator. */
export const info = (message: string, fields?: Fields): void => write("info", message, fields);
/** Writes a record: something unexpected that the worker got over. */
export const warn = (message: string, fields?: Fields): void => write("warn", message, fields);
/** Writes a record: something that made the job fail. */
export const error = (message: string, fields?: Fields): void => write("error", message, fields);

/** Writes a record. It never fails: what is over the host's limits is shortened or dropped. */
export function write(level: Level, message: string, fields: Fields = {}): void {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, text(value)]);
  host().log(level, String(message), pairs);
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return String(value);
  try {
    return toJson(value, "it");
  } catch {
    return String(value);
  }
}
