import type { Instant } from '../domain/instant.ts';
import type { Family, Fault } from './faults.ts';
import { HOUR_MS, SECOND_MS } from './local-day.ts';
import { integerBetween, keyOf, mix, pick, randomOf } from './rng.ts';
import { indexOf } from './roster.ts';

/** What calls about the sessions of an agent meet whose desktop has lost its connection. */
export type LostDesktop = 408 | 503 | 'reset' | 'timeout';

/** Of the agents' hours. */
const OUTAGE_SHARE = 0.03;
/** Longer than any client waits. */
const NEVER_MS = 3_600_000;

/** The agents' desktops, which are either connected or not. The telephony engine goes on without them. */
export class Desktops {
  readonly #seed: number;
  readonly #hasOutages: boolean;
  readonly #lost = new Map<string, LostDesktop>();

  /** @param hasOutages whether desktops are lost now and then by themselves */
  constructor(seed: number, hasOutages: boolean) {
    this.#seed = seed;
    this.#hasOutages = hasOutages;
  }

  lose(userId: string, how: LostDesktop): void {
    this.#lost.set(userId, how);
  }

  restore(userId: string): void {
    this.#lost.delete(userId);
  }

  /** What a request about an agent's sessions meets, if the desktop is not there. */
  fault(family: Family, userId: string | undefined, now: Instant): Fault | undefined {
    if (userId === undefined || (family !== 'sessions' && family !== 'acw')) return undefined;
    const how = this.#lost.get(userId) ?? this.#outage(userId, now);
    if (how === undefined) return undefined;
    if (how === 'timeout') return { kind: 'slow', delayMs: NEVER_MS };
    return how === 'reset' ? { kind: 'reset', takesEffect: false } : { kind: 'status', status: how };
  }

  /** Hangs on the seed, the agent and the hour alone. */
  #outage(userId: string, now: Instant): LostDesktop | undefined {
    if (!this.#hasOutages) return undefined;
    const hour = Math.floor(now / HOUR_MS);
    const random = randomOf(mix(mix(keyOf(this.#seed, 'desktop'), indexOf(userId)), hour));
    if (random() >= OUTAGE_SHARE) return undefined;
    const start = hour * HOUR_MS + integerBetween(random, 0, 3_400) * SECOND_MS;
    const end = start + integerBetween(random, 20, 180) * SECOND_MS;
    const how = pick<LostDesktop>(random, [408, 503, 'reset']);
    return now >= start && now < end ? how : undefined;
  }
}
