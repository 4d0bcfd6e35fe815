import type { Clock } from '../usecases/ports.ts';

interface Bucket {
  tokens: number;
  filledAt: number;
}

export interface RateLimitOptions {
  /** This many at once … */
  readonly burst: number;
  /** … and then this many a second. */
  readonly perSecond: number;
  readonly clock: Clock;
}

/** More keys than this are not remembered; those that were not seen for longest go first. */
const MAX_KEYS = 10_000;

/** A token bucket for each key. */
export class RateLimit {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor({ burst, perSecond, clock }: RateLimitOptions) {
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#clock = clock;
  }

  /** Takes one. @returns 0, or in how many milliseconds there will be one to take. */
  take(key: string): number {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, filledAt: now };
    // A clock that was set back must not empty anything.
    const passedMs = Math.max(0, now - bucket.filledAt);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + passedMs * this.#perMs);
    bucket.filledAt = now;
    this.#remember(key, bucket);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.#perMs);
    bucket.tokens -= 1;
    return 0;
  }

  /** Deleting first keeps the map in order of last use. */
  #remember(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= MAX_KEYS) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
