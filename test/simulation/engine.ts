import type { Instant } from '../../src/domain/instant.ts';
import type { Transition } from '../../src/domain/transition.ts';
import type { Vendor } from '../../src/simulator/vendor.ts';
import { chance, type Random, stream, whole } from './draw.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type Tenant } from './tenant.ts';

interface Delivery {
  readonly at: Instant;
  readonly transition: Transition;
}

/** How late the telephony engine's messages may be. */
export interface Lateness {
  readonly hours: number;
  readonly minutes: number;
  readonly doubled: number;
}

export const PUNCTUAL: Lateness = { hours: 0, minutes: 0, doubled: 0 };

/** The telephony engine: tells of each transition once or more, in time or late, in any order, or never. */
export class Engine {
  readonly counts = { told: 0, late: 0, doubled: 0, untold: 0 };
  readonly #seed: number;
  readonly #vendor: Vendor;
  readonly #tenant: Tenant;
  #underWay: Delivery[] = [];
  readonly #told: (Delivery & { readonly toldAt: Instant })[] = [];

  constructor(seed: number, vendor: Vendor, tenant: Tenant) {
    this.#seed = seed;
    this.#vendor = vendor;
    this.#tenant = tenant;
  }

  /** Plans the messages about what happens in `[from, to)`. */
  happen(userIds: readonly string[], from: Instant, to: Instant, lateness: Lateness): void {
    const random = stream(this.#seed, 'engine', from / MINUTE_MS);
    for (const userId of userIds) {
      for (const { at, state, sessionId } of this.#vendor.truth(userId, from, to)) {
        if (chance(random, this.#tenant.untoldShare)) {
          this.counts.untold += 1;
          continue;
        }
        const arrival = at + this.#delay(random, lateness);
        const eventId = `evt_${userId}_${at}`;
        const base = { userId, state, at, eventId, source: 'webhook' } as const;
        const transition = { ...base, receivedAt: arrival, ...(sessionId !== undefined && { sessionId }) };
        this.#underWay.push({ at: arrival, transition });
        if (chance(random, lateness.doubled)) {
          this.counts.doubled += 1;
          this.#underWay.push({ at: arrival + whole(random, 0, 3 * HOUR_MS), transition });
        }
      }
    }
  }

  /** What arrives until an instant; with `inTime` what is late stays under way for longer. */
  arrived(until: Instant, inTime: boolean): Transition[] {
    const arrives = ({ at, transition }: Delivery): boolean =>
      at <= until && !(inTime && at - transition.at > 4 * SECOND_MS);
    const arrived = this.#underWay.filter(arrives).sort((a, b) => a.at - b.at);
    this.#underWay = this.#underWay.filter((delivery) => !arrives(delivery));
    this.#told.push(...arrived.map((delivery) => ({ ...delivery, toldAt: until })));
    this.counts.told += arrived.length;
    return arrived.map(({ transition }) => transition);
  }

  /** All that was told since an instant, for whoever lost it. */
  toldSince(instant: Instant): Transition[] {
    while (this.#told[0] !== undefined && this.#told[0].at < instant - 3 * DAY_MS) this.#told.shift();
    return this.#told.filter(({ toldAt }) => toldAt >= instant).map(({ transition }) => transition);
  }

  #delay(random: Random, { hours, minutes }: Lateness): number {
    const draw = random();
    if (draw < hours) {
      this.counts.late += 1;
      return whole(random, 10 * MINUTE_MS, 20 * HOUR_MS);
    }
    if (draw < hours + minutes) return whole(random, 4 * SECOND_MS, 20 * MINUTE_MS);
    return whole(random, 200, 4 * SECOND_MS);
  }
}
