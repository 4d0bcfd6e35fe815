import type { Clock } from './usecases/ports.ts';

/** The longest delay of a timer; Node fires a longer one at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's time: the only place in `src` that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep,
  timeoutSignal,
};

/** The signal that was made last and until when it may still be handed out. */
let latest: { readonly ms: number; readonly until: number; readonly signal: AbortSignal } | undefined;

/**
 * Time-outs that begin within a fiftieth of their length (at most 100 ms) share one signal, which is late by as
 * much and never early: a timer of its own for each of some thousand requests a second, most of them long over
 * when it fires, was measured to hold 100 MB.
 */
function timeoutSignal(ms: number): AbortSignal {
  const now = performance.now();
  if (latest?.ms === ms && now < latest.until) return latest.signal;
  const slackMs = Math.min(100, Math.floor(ms / 50));
  const delayMs = Math.min(Math.max(0, Math.ceil(ms)) + slackMs, MAX_TIMER_MS);
  latest = { ms, until: now + slackMs, signal: AbortSignal.timeout(delayMs) };
  return latest.signal;
}

/** Longer sleeps than a timer can hold are slept in parts. */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  let restMs = Math.max(0, ms);
  do {
    const partMs = Math.min(restMs, MAX_TIMER_MS);
    await sleepOnce(partMs, signal);
    restMs -= partMs;
  } while (restMs > 0);
}

function sleepOnce(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
