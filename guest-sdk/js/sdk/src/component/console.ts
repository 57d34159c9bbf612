import { host, type Level } from "../host";

/** `console` for engines without one: its lines become records of the job's log. */
export function installConsole(): void {
  if (typeof console !== "undefined") return;
  const write =
    (level: Level) =>
    (...values: unknown[]): void =>
      host().log(level, values.map(shown).join(" "), []);
  const lines = {
    trace: write("trace"),
    debug: write("debug"),
    log: write("info"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  Object.defineProperty(globalThis, "console", { value: lines, writable: true, configurable: true });
}

function shown(value: unknown): string {
  if (typeof value === "string" || value instanceof Error) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
