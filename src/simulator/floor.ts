import type { Instant } from '../domain/instant.ts';
import type { ContactCentre } from './contact-centre.ts';
import { dayEvents } from './day-plan.ts';
import { type Happening, LiveAgent, type PresenceChange } from './live-agent.ts';
import type { LiveSession } from './live-session.ts';
import { type LivedDays, livedDays } from './lived-days.ts';
import { HOUR_MS } from './local-day.ts';
import { Recent } from './recent.ts';
import { integerBetween, keyOf, mix, randomOf } from './rng.ts';
import type { User } from './roster.ts';
import type { TruthTransition } from './workday.ts';

export interface FloorOptions {
  /** Chats and emails come beside the calls. */
  readonly withChannels: boolean;
}

/** How far back an agent's sessions can be asked for. */
const SESSIONS_KEPT_MS = 24 * HOUR_MS;
/** Two days off and a long night lie between two shifts at most. */
const LONGEST_ABSENCE_MS = 96 * HOUR_MS;
/** Agents nobody has changed, whose sessions are worked out again when they are asked for. */
const UNCHANGED_KEPT = 256;

/**
 * The agents as they are now, with their sessions: seeded days, until somebody scripts or changes something.
 * From then on that agent is kept, and what others see of the agent is what came of it.
 */
export class Floor {
  readonly centre: ContactCentre;
  readonly withChannels: boolean;
  /** Told of whatever happens to agents that are kept. */
  onHappening: ((happening: Happening) => void) | undefined;
  readonly #kept = new Map<number, LiveAgent>();
  readonly #unchanged = new Recent<LiveAgent>(UNCHANGED_KEPT);

  constructor(centre: ContactCentre, { withChannels }: FloorOptions) {
    this.centre = centre;
    this.withChannels = withChannels;
  }

  /** The agent as of now, to be looked at only. */
  look(user: User, now: Instant): LiveAgent {
    const kept = this.#kept.get(user.index);
    const agent = kept ?? this.#unchanged.get(user.index, () => this.#comeIn(user, now));
    const early = kept === undefined && agent.startsAt > now ? this.#comeIn(user, now) : agent;
    early.settle(now);
    return early;
  }

  /** The agent as of now, to be changed: what others see no longer comes from the seeds alone. */
  keep(user: User, now: Instant): LiveAgent {
    const known = this.#kept.get(user.index);
    const agent = known ?? this.#comeIn(user, now);
    agent.settle(now);
    if (known === undefined) {
      agent.onHappening = (happening) => this.onHappening?.(happening);
      this.#kept.set(user.index, agent);
    }
    return agent;
  }

  /** Lets happen to all agents that are kept what is due. */
  settle(now: Instant): void {
    for (const agent of this.#kept.values()) agent.settle(now);
  }

  /** The agent, if somebody has scripted or changed anything. */
  kept(user: User): LiveAgent | undefined {
    return this.#kept.get(user.index);
  }

  /** The state that the agent is in: the last change at or before an instant. */
  current(user: User, now: Instant): TruthTransition {
    const agent = this.#changed(user, now);
    return agent?.at(agent.statuses, now) ?? this.centre.current(user, now);
  }

  /** How many of the agent's sessions have not ended. */
  activeSessions(user: User, now: Instant): number {
    if (this.withChannels || this.kept(user) !== undefined) return this.sessions(user, now).length;
    return this.centre.current(user, now).sessionId === undefined ? 0 : 1;
  }

  /** What truly happened in `[from, to)`; of an agent who was changed, as far as is settled. */
  truth(user: User, from: Instant, to: Instant): readonly TruthTransition[] {
    const agent = this.kept(user);
    if (agent === undefined) return this.centre.truth(user, from, to);
    const before = this.centre.truth(user, from, Math.min(to, agent.startsAt));
    return [...before, ...agent.statuses.filter(({ at }) => at >= from && at < to)];
  }

  /** The days of an agent who was changed, as the report shows them. */
  livedDays(user: User, now: Instant): LivedDays | undefined {
    const agent = this.#changed(user, now);
    return agent && livedDays(agent.statuses, now);
  }

  /** The desktop's presence. */
  presence(user: User, now: Instant): PresenceChange {
    const agent = this.look(user, now);
    return agent.at(agent.presences, now) ?? agent.presences[0]!;
  }

  /** The agent's sessions that have not ended, in order of their beginning. */
  sessions(user: User, now: Instant): readonly object[] {
    const agent = this.look(user, now);
    return [...agent.sessions.values()].flatMap((session) => {
      const seen = wireSession(agent, session, now);
      return seen === undefined || seen.state === 'ended' ? [] : [seen];
    });
  }

  /** One session, ended ones of the last day too; `undefined` when there was none of this id so far. */
  session(sessionId: string, now: Instant): object | undefined {
    const user = this.userOf(sessionId);
    if (user === undefined) return undefined;
    const agent = this.look(user, now);
    const session = agent.sessions.get(sessionId);
    return session && wireSession(agent, session, now);
  }

  /** The agent whom a session's id names. */
  userOf(sessionId: string): User | undefined {
    return sessionId.startsWith('ses_') ? this.centre.findAgent(`usr_${sessionId.split('_')[1]}`) : undefined;
  }

  /** Only of one who has changed: the seeds answer for the others, a hundred times as fast. */
  #changed(user: User, now: Instant): LiveAgent | undefined {
    const agent = this.kept(user);
    if (agent === undefined || now < agent.startsAt) return undefined;
    agent.settle(now);
    return agent;
  }

  /** The agent with the sessions of the last day, or of the day on which the agent last worked. */
  #comeIn(user: User, now: Instant): LiveAgent {
    const { centre, withChannels } = this;
    const until = now - SESSIONS_KEPT_MS;
    const before = centre.truth(user, until - LONGEST_ABSENCE_MS, until);
    const start = before.findLast(({ state }) => state === 'offline');
    if (start === undefined) throw new Error(`${user.userId} had no shift in the days before ${until}`);
    const plan = (from: Instant, to: Instant) => dayEvents(centre, user, from, to, withChannels);
    const key = mix(keyOf(centre.seed, 'engine'), user.index);
    const lagOf = (at: Instant) => integerBetween(randomOf(mix(key, at)), 1_000, 4_000);
    return new LiveAgent({ userId: user.userId, start, plan, lagOf });
  }
}

/** As the vendor writes it (section 3 of the contract). */
export function wireSession(
  agent: LiveAgent,
  session: LiveSession,
  now: Instant,
): (Record<string, unknown> & { readonly state: string }) | undefined {
  const phase = agent.at(session.phases, now);
  if (phase === undefined) return undefined;
  const { id, userId, mediaType, direction, skillId } = session.origin;
  const acwRemaining = phase.state === 'acw' ? session.remainingSeconds(now) : undefined;
  return { id, userId, state: phase.state, acwRemaining, mediaType, direction, skillId };
}
