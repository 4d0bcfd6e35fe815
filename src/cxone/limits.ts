import { LONGEST_RETRY_AFTER_MS } from '../domain/retry-after.ts';
import type { Clock, Log } from '../usecases/ports.ts';
import { AbortWatch } from './abort.ts';

/** Who goes first when calls wait; the order of this list is the order of precedence. */
export const LANES = ['control', 'delivery', 'reconciliation', 'collecting'] as const;
export type Lane = (typeof LANES)[number];

/** A turn that was not granted: the vendor asked for a pause that is longer than the caller may wait. */
export class PausedTooLong {
  readonly pauseMs: number;

  constructor(pauseMs: number) {
    this.pauseMs = pauseMs;
  }
}

interface Waiter {
  readonly patienceMs: number;
  readonly grant: () => void;
  readonly refuse: (reason: unknown) => void;
  gone: boolean;
  next: Waiter | undefined;
}

/** First come, first served; linked, for taking the first of 10,000 from an array moves all others. */
interface Queue {
  first: Waiter | undefined;
  last: Waiter | undefined;
}

export interface LimitsOptions {
  readonly clock: Clock;
  readonly maxConcurrency: number;
  /** `Infinity` is off. */
  readonly maxRequestsPerSecond: number;
  readonly log?: Log;
}

/**
 * The limits that hold over the whole process: how many requests are open at once, and how many begin in any
 * second. The second is a sliding one: never more than the limit begin within any 1000 ms, bursts included.
 * (A bucket of tokens would let twice as many through in the second after a rest.)
 */
export class Limits {
  readonly #clock: Clock;
  readonly #maxConcurrency: number;
  readonly #spanMs: number = 0;
  readonly #begun: Float64Array | undefined;
  readonly #lanes: readonly Queue[] = LANES.map(() => ({ first: undefined, last: undefined }));
  readonly #closing = new AbortController();
  readonly #aborts = new AbortWatch();
  readonly #log: Log | undefined;
  #next = 0;
  #open = 0;
  #waiting = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #lastNow = Number.NEGATIVE_INFINITY;
  #setBackMs = 0;
  #asleep = false;

  constructor(options: LimitsOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#maxConcurrency = options.maxConcurrency;
    const perSecond = options.maxRequestsPerSecond;
    if (perSecond === Number.POSITIVE_INFINITY) return;
    // Half a request a second is one in two seconds.
    const burst = Math.max(1, Math.floor(perSecond));
    this.#spanMs = Math.ceil((burst / perSecond) * 1000);
    this.#begun = new Float64Array(burst).fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * A turn to send one request; `release` must follow. Answers `undefined` when it may begin at once.
   * @param patienceMs the longest pause asked for by the vendor (429) that the caller bears; waiting for others
   *   does not count. A longer one rejects with `PausedTooLong`; an abort rejects with the signal's reason.
   */
  acquire(lane: Lane, patienceMs: number, signal?: AbortSignal): Promise<void> | undefined {
    const now = this.#now();
    const pauseMs = this.#pausedUntil - now;
    if (pauseMs > patienceMs) return Promise.reject(new PausedTooLong(pauseMs));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#waiting === 0 && this.#open < this.#maxConcurrency && this.#waitMs(now) <= 0) {
      this.#begin(now);
      return undefined;
    }
    const turn = this.#enqueue(lane, patienceMs, signal);
    this.#serve();
    return turn;
  }

  /** The request has ended. */
  release(): void {
    this.#open -= 1;
    if (this.#waiting > 0) this.#serve();
  }

  /** The vendor asked for a pause: nobody begins before it is over, and who cannot wait that long is told now. */
  pause(askedMs: number): void {
    const ms = Math.min(askedMs, LONGEST_RETRY_AFTER_MS);
    const until = this.#now() + ms;
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#refuse((waiter) => waiter.patienceMs < ms, new PausedTooLong(ms));
  }

  /** Refuses all who wait. */
  close(reason: Error): void {
    this.#closing.abort(reason);
    this.#refuse(() => true, reason);
  }

  #refuse(whom: (waiter: Waiter) => boolean, reason: unknown): void {
    for (const lane of this.#lanes) {
      for (let waiter = lane.first; waiter !== undefined; waiter = waiter.next) {
        if (!waiter.gone && whom(waiter)) waiter.refuse(reason);
      }
    }
  }

  #enqueue(lane: Lane, patienceMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiter.gone = true;
        this.#waiting -= 1;
        if (signal !== undefined) this.#aborts.leave(signal, onAbort);
      };
      const waiter: Waiter = {
        patienceMs,
        gone: false,
        next: undefined,
        grant: () => {
          leave();
          resolve();
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      const onAbort = (): void => waiter.refuse(signal?.reason);
      if (signal !== undefined) this.#aborts.join(signal, onAbort);
      append(this.#lanes[LANES.indexOf(lane)] as Queue, waiter);
      this.#waiting += 1;
    });
  }

  #serve(): void {
    while (this.#waiting > 0 && this.#open < this.#maxConcurrency) {
      const now = this.#now();
      const waitMs = this.#waitMs(now);
      if (waitMs > 0) {
        this.#wakeIn(waitMs);
        return;
      }
      const waiter = this.#first();
      if (waiter === undefined) return;
      this.#begin(now);
      waiter.grant();
    }
  }

  /** Those who left stay in their lane until their turn would have come. */
  #first(): Waiter | undefined {
    for (const lane of this.#lanes) {
      while (lane.first !== undefined) {
        const waiter = lane.first;
        lane.first = waiter.next;
        if (!waiter.gone) return waiter;
      }
    }
    return undefined;
  }

  #begin(now: number): void {
    this.#open += 1;
    if (this.#begun === undefined) return;
    this.#begun[this.#next] = now;
    this.#next = (this.#next + 1) % this.#begun.length;
  }

  /** How long until one more may begin; the oldest of the last `burst` beginnings must have left the span. */
  #waitMs(now: number): number {
    const oldest = this.#begun?.[this.#next] ?? Number.NEGATIVE_INFINITY;
    return Math.max(oldest + this.#spanMs, this.#pausedUntil) - now;
  }

  /** One sleep at a time is enough: what is waited for only ever moves further away. */
  #wakeIn(ms: number): void {
    if (this.#asleep || this.#closing.signal.aborted) return;
    this.#asleep = true;
    this.#clock.sleep(ms, this.#closing.signal).then(
      () => {
        this.#asleep = false;
        this.#serve();
      },
      (error: unknown) => {
        this.#asleep = false;
        if (!this.#closing.signal.aborted) this.#log?.error({ err: error }, 'the rate limit cannot sleep');
      },
    );
  }

  /** Time that never goes back: a clock that is set back an hour must not stop all calls for that hour. */
  #now(): number {
    const now = this.#clock.now() + this.#setBackMs;
    if (now < this.#lastNow) {
      this.#setBackMs += this.#lastNow - now;
      return this.#lastNow;
    }
    this.#lastNow = now;
    return now;
  }
}

function append(queue: Queue, waiter: Waiter): void {
  if (queue.first === undefined) queue.first = waiter;
  else if (queue.last !== undefined) queue.last.next = waiter;
  queue.last = waiter;
}
