/**
 * Waiting for the host without keeping the rest of the worker from running.
 *
 * The engine's event loop does not know the pollables of imports. So those that are waited for are polled together,
 * in a task of that loop, and for a slice of time only: timers and promises get their turn between slices.
 */
import { subscribeDuration } from "wasi:clocks/monotonic-clock@0.2.12";
import { poll, type Pollable } from "wasi:io/poll@0.2.12";

/** How long timers may be kept waiting while a request is. */
const SLICE_NS = 10_000_000n;

interface Waiting {
  pollable: Pollable;
  wake: () => void;
}

let waiting: Waiting[] = [];
let scheduled = false;

/** Resolves when the pollable is ready, or when the signal is aborted. */
export function ready(pollable: Pollable, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const one: Waiting = {
      pollable,
      wake: () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      },
    };
    // Whoever stops waiting may drop the pollable: it must not be polled again.
    const stop = (): void => {
      waiting = waiting.filter((other) => other !== one);
      resolve();
    };
    signal?.addEventListener("abort", stop, { once: true });
    waiting.push(one);
    schedule();
  });
}

function schedule(): void {
  if (scheduled || waiting.length === 0) return;
  scheduled = true;
  setTimeout(pollOnce, 0);
}

function pollOnce(): void {
  scheduled = false;
  const asked = waiting;
  const slice = subscribeDuration(SLICE_NS);
  const indexes = new Set(poll([...asked.map((one) => one.pollable), slice]));
  slice[Symbol.dispose]?.();
  waiting = asked.filter((_, index) => !indexes.has(index));
  asked.forEach((one, index) => {
    if (indexes.has(index)) one.wake();
  });
  schedule();
}
