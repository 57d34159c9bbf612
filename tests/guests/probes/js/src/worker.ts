import { BpmnError, checkpoint, effects, Failure, log, secrets, worker, type Variables } from "@fermata/sdk";
import { read, told, together, type Sent } from "./fetch";

/** How many milliseconds a request may take where it is to be late. */
const PATIENCE_MS = 200;
/** More than a host stores. */
const CHECKPOINT_BYTES = (1 << 20) + 1;
/** How many requests are under way at the same time. */
const TOGETHER = 8;
/** Half a surrogate pair is no UTF-8. */
const TEXT = "gr\ud800n";

/** What a test asks for. */
interface Asked {
  case: string;
  url: string;
  sent?: Sent;
  bytes?: number;
}

/** Meets the errors that it is asked to meet, and leaves them to the SDK. */
export const handle = worker<Asked>(async (job): Promise<Variables> => {
  const { case: asked, url, sent, bytes } = job.variables;
  switch (asked) {
    case "get":
      return { status: (await fetch(url)).status };
    case "json":
      return { body: await (await fetch(url)).json() };
    case "late":
      return { status: (await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })).status };
    case "effect":
      return { begun: effects.begin("charge", "10 EUR").state };
    case "secret":
      return { token: secrets.placeholder("NOT_GRANTED") };
    case "checkpoint":
      return { found: checkpoint.get() };
    case "large-checkpoint":
      checkpoint.put("x".repeat(CHECKPOINT_BYTES));
      return {};
    case "checkpoint-of":
      checkpoint.put("x".repeat((bytes ?? 0) - 2));
      return {};
    case "checkpoint-size":
      return { characters: checkpoint.get<string>()?.length };
    case "result-of":
      return { text: "x".repeat(bytes ?? 0) };
    case "fetch":
      return told(url, sent ?? {});
    case "read":
      return read(url);
    case "together":
      return together(url, TOGETHER);
    case "mistake":
      throw new Error("it broke");
    case "list":
      return [1] as unknown as Variables;
    case "log":
      log.info(TEXT, { field: TEXT });
      return {};
    case "message":
      throw new Failure(TEXT, { code: TEXT });
    case "error":
      throw new BpmnError(TEXT, TEXT);
    case "result":
      return { text: TEXT };
    default:
      throw new Failure(`there is no case \`${asked}\``, { retries: 0 });
  }
});
