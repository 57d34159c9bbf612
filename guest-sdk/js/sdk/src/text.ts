/** Text as UTF-8 and back, in engines without `TextEncoder` too. */

/** UTF-8 bytes of a text. Half a surrogate pair becomes U+FFFD. */
export function encode(text: string): Uint8Array {
  if (typeof TextEncoder !== "undefined") return new TextEncoder().encode(text);
  const escaped = encodeURIComponent(wellFormed(text));
  const bytes: number[] = [];
  for (let at = 0; at < escaped.length; at++) {
    if (escaped[at] === "%") {
      bytes.push(Number.parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(escaped.charCodeAt(at));
    }
  }
  return new Uint8Array(bytes);
}

/** The text of UTF-8 bytes. */
export function decode(bytes: Uint8Array): string {
  if (typeof TextDecoder !== "undefined") return new TextDecoder().decode(bytes);
  let escaped = "";
  for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
  return decodeURIComponent(escaped);
}

/** With the flag `u`, what is half a surrogate pair and not a part of one. */
const HALF = /[\ud800-\udfff]/gu;

/** Whether a text has no half of a surrogate pair, which UTF-8 cannot hold. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed?.() ?? text.search(HALF) < 0;
}

/** The text with U+FFFD in place of each half of a surrogate pair. */
export function wellFormed(text: string): string {
  return text.toWellFormed?.() ?? text.replace(HALF, "\ufffd");
}

/** A value of plain objects and arrays with all its texts well formed. */
export function allWellFormed<T>(value: T): T {
  return passed(value) as T;
}

function passed(value: unknown): unknown {
  if (typeof value === "string") return wellFormed(value);
  if (Array.isArray(value)) return value.map(passed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, passed(member)]));
}
