import type { Instant } from '../../src/domain/instant.ts';
import type { Clock } from '../../src/usecases/ports.ts';

/** Time that passes when somebody sleeps, or only when told to. */
export class VirtualClock implements Clock {
  #now: Instant;
  readonly #passesBySleeping: boolean;
  readonly #sleepers: { readonly until: Instant; readonly wake: () => void }[] = [];

  constructor(now: Instant, passesBySleeping = true) {
    this.#now = now;
    this.#passesBySleeping = passesBySleeping;
  }

  now(): Instant {
    return this.#now;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#passesBySleeping) {
      this.#now += ms;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#sleepers.push({ until: this.#now + ms, wake: resolve });
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    await promise;
  }

  timeoutSignal(): AbortSignal {
    return new AbortController().signal;
  }

  /** Lets time pass, wakes who has slept long enough, and lets them do what they do then. */
  async pass(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of this.#sleepers.splice(0)) {
      if (sleeper.until <= this.#now) sleeper.wake();
      else this.#sleepers.push(sleeper);
    }
    await settled();
  }
}

/** After everything that can go on without waiting for anything has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
