/** The typed error of an import, which the bindings throw wrapped. */
export function payloadOf<T>(thrown: unknown): T | undefined {
  if (typeof thrown === "object" && thrown !== null && "payload" in thrown) return thrown.payload as T;
  return undefined;
}
