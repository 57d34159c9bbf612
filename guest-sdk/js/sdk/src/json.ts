import { isWellFormed, wellFormed } from "./text";

/** A JSON object: the variables of a job or a result. */
export type Variables = Record<string, unknown>;

/**
 * From so many characters on, a text is written in pieces: for each of its characters the engine of a component reserves
 * 48 to 96 bytes of the job's memory, which a text of 700,000 characters would have used up.
 */
const LONG_TEXT = 1 << 16;

/** How many characters of a long text are written at once. */
const PIECE = 1 << 12;

/** What stands for a long text while the rest is written, before its number. No text of the value has half a pair. */
const STAND_IN = "\ud800";

/** A stand-in as it is written. A text that looks like it has its backslash doubled. */
const WRITTEN_STAND_IN = /"\\ud800([0-9]+)"/;

/** A value that JSON cannot hold, with its place. */
export class NotJson extends Error {
  override name = "NotJson";
}

/**
 * A value as JSON text.
 *
 * What `JSON.stringify` would silently turn into something else, such as `NaN`, functions and maps, is refused by name.
 */
export function toJson(value: unknown, what: string): string {
  const refuse = (name: string, is: string): never => {
    const place = name === "" ? what : `\`${name}\` in ${what}`;
    throw new NotJson(`${place} is ${is}, which JSON cannot hold`);
  };
  const longTexts: string[] = [];
  let text: string | undefined;
  try {
    // The second parameter sees what `toJSON` returns; `this[name]` is the value itself.
    text = JSON.stringify(value, function (this: Record<string, unknown>, name, replaced) {
      const original = this[name];
      if (!isWellFormed(name)) refuse(wellFormed(name), "a name with half a surrogate pair");
      if (typeof original === "function" && replaced === original) refuse(name, "a function");
      if (typeof original === "symbol") refuse(name, "a symbol");
      if (typeof original === "bigint" && replaced === original) refuse(name, "a bigint");
      if (typeof replaced === "number" && !Number.isFinite(replaced)) refuse(name, String(replaced));
      if (typeof replaced === "string" && !isWellFormed(replaced)) refuse(name, "a text with half a surrogate pair");
      if (original instanceof Map || original instanceof Set) refuse(name, `a ${original.constructor.name}`);
      if (original instanceof Promise) refuse(name, "a promise (is an `await` missing?)");
      if (typeof replaced !== "string" || replaced.length < LONG_TEXT) return replaced;
      return `${STAND_IN}${longTexts.push(replaced) - 1}`;
    });
  } catch (error) {
    if (error instanceof NotJson) throw error;
    throw new NotJson(`${what} cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (text === undefined) throw new NotJson(`${what} is ${kindOf(value)}, which JSON cannot hold`);
  return longTexts.length === 0 ? text : withLongTexts(text, longTexts);
}

function withLongTexts(text: string, longTexts: readonly string[]): string {
  let whole = "";
  // Every other part is the number of a long text.
  text.split(WRITTEN_STAND_IN).forEach((part, at) => {
    if (at % 2 === 0) whole += part;
    else for (const piece of pieces(longTexts[Number(part)] ?? "")) whole += piece;
  });
  return whole;
}

/** A text as JSON, piece by piece. */
function* pieces(text: string): Generator<string> {
  yield '"';
  for (let from = 0; from < text.length; ) {
    const to = from + PIECE;
    // A pair of surrogates stays together.
    const end = text.codePointAt(to - 1) === text.charCodeAt(to - 1) ? to : to + 1;
    yield JSON.stringify(text.slice(from, end)).slice(1, -1);
    from = end;
  }
  yield '"';
}

/** A JSON object as text; nothing means an object without members. */
export function toJsonObject(value: unknown, what: string): string {
  if (value === undefined || value === null) return "{}";
  const text = toJson(value, what);
  if (!text.startsWith("{")) throw new NotJson(`${what} must be a JSON object, not ${kindOf(value)}`);
  return text;
}

/** What a value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "object":
      return value instanceof Date ? "a date" : "an object";
    case "string":
      return "a text";
    default:
      return `a ${typeof value}`;
  }
}
