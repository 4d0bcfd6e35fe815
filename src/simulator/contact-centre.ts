import type { Instant } from '../domain/instant.ts';
import type { Shift } from '../domain/shift.ts';
import { daysAround, HOUR_MS } from './local-day.ts';
import { Recent } from './recent.ts';
import { keyOf, mix, randomOf } from './rng.ts';
import { indexOf, type User, userAt } from './roster.ts';
import { planShift } from './shift-plan.ts';
import { EARLIEST_LOGIN_MS, LATEST_LOGOUT_MS, type TruthTransition, workThrough } from './workday.ts';

/** A day on which an agent worked. */
export interface Workday {
  /** Names this agent's day, for caches. */
  readonly key: number;
  readonly shift: Shift;
}

/** One user in so many is no agent, beyond the agents. */
const AGENTS_PER_OTHER_USER = 40;
/** Days off are two in a row, so the shift before lies at most this many days back. */
const LOOK_BACK_MS = 96 * HOUR_MS;
/** More days than this are not told apart; the last is in the year 4840. */
const DAYS = 2 ** 20;
const DEFAULT_CACHED_DAYS = 1_024;

/**
 * A seeded contact centre: who works there, what is planned and what truly happened, at any time. Nothing is
 * generated before it is asked for, and an agent's day depends on the seed, the agent and the date alone.
 */
export class ContactCentre {
  readonly seed: number;
  /** How many agents; the roster holds a few users more. */
  readonly agents: number;
  readonly #plans: Recent<Shift | null>;
  readonly #days: Recent<readonly TruthTransition[]>;

  /** @param cachedDays how many agents' days are kept in memory, some 15 KB each */
  constructor(seed: number, agents: number, cachedDays: number = DEFAULT_CACHED_DAYS) {
    this.seed = seed;
    this.agents = agents;
    this.#plans = new Recent(cachedDays * 4);
    this.#days = new Recent(cachedDays);
  }

  /** How many users the roster has. */
  get userCount(): number {
    return this.agents + Math.ceil(this.agents / AGENTS_PER_OTHER_USER);
  }

  /** The users at places `[first, last)` of the roster. */
  users(first: number, last: number): User[] {
    const end = Math.min(last, this.userCount);
    return Array.from({ length: Math.max(0, end - first) }, (_, offset) => this.#userAt(first + offset));
  }

  /** The user whom a user id, user name or agent id names. */
  find(id: string): User | undefined {
    const index = indexOf(id);
    if (index < 0 || index >= this.userCount) return undefined;
    const user = this.#userAt(index);
    return user.userId === id || user.username === id || user.agentId === id ? user : undefined;
  }

  /** The same, of agents only. */
  findAgent(id: string): User | undefined {
    const user = this.find(id);
    return user?.agentId === undefined ? undefined : user;
  }

  /** The shifts that overlap `[from, to)`, in order of time. */
  shifts(user: User, from: Instant, to: Instant): Shift[] {
    return this.workdays(user, from, to)
      .map((workday) => workday.shift)
      .filter((shift) => shift.start < to && shift.end > from);
  }

  /** What truly happened in `[from, to)`, in order of time. */
  truth(user: User, from: Instant, to: Instant): TruthTransition[] {
    return this.workdays(user, from, to)
      .flatMap((workday) => this.transitionsOf(user, workday))
      .filter((transition) => transition.at >= from && transition.at < to);
  }

  /** The last transition at or before an instant: the state that the agent is in. Of agents only. */
  current(user: User, at: Instant): TruthTransition {
    for (const workday of this.workdays(user, at - LOOK_BACK_MS, at + 1).reverse()) {
      const last = this.transitionsOf(user, workday).findLast((transition) => transition.at <= at);
      if (last !== undefined) return last;
    }
    throw new Error(`${user.userId} had no shift in the days before ${at}`);
  }

  /** The days whose work, from logging in to logging off, may reach into `[from, to)`. */
  workdays(user: User, from: Instant, to: Instant): Workday[] {
    if (user.agentId === undefined) return [];
    const workdays: Workday[] = [];
    const days = daysAround(from, to);
    for (let day = days.first; day <= days.last; day += 1) {
      const key = user.index * DAYS + day;
      const shift = this.#plans.get(key, () => planShift(this.seed, user, day) ?? null);
      if (shift === null || shift.start - EARLIEST_LOGIN_MS >= to) continue;
      if (shift.end + LATEST_LOGOUT_MS > from) workdays.push({ key, shift });
    }
    return workdays;
  }

  /** Everything that happened on such a day. */
  transitionsOf(user: User, workday: Workday): readonly TruthTransition[] {
    const key = mix(mix(keyOf(this.seed, 'work'), user.index), workday.key);
    return this.#days.get(workday.key, () => workThrough(workday.shift, randomOf(key)));
  }

  #userAt(index: number): User {
    return userAt(this.seed, index, index < this.agents);
  }
}
