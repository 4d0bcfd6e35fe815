import type { Clock } from './usecases/ports.ts';

/** The longest delay of a timer; Node fires a longer one at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's time: the only place in `src` that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep,
  timeoutSignal: (ms) => AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS)),
};

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
