import type { Instant } from '../domain/instant.ts';
import type { SessionState } from '../domain/session.ts';
import { channelContacts } from './channel-day.ts';
import type { ContactCentre } from './contact-centre.ts';
import type { SessionOrigin } from './live-session.ts';
import { MINUTE_MS } from './local-day.ts';
import { keyOf, randomOf } from './rng.ts';
import type { User } from './roster.ts';
import { SKILL_OF_CHANNEL } from './skills.ts';
import type { TruthTransition } from './workday.ts';

/** What an agent's seeded day has for an instant. What comes of it, the floor decides. */
export type DayEvent =
  /** The agent does something else; no session belongs to it. */
  | { readonly kind: 'status'; readonly at: Instant; readonly transition: TruthTransition }
  | {
      readonly kind: 'session';
      readonly at: Instant;
      readonly origin: SessionOrigin;
      readonly state: SessionState;
      /** Of after-call work: when its timer runs out. */
      readonly acwEndsAt: Instant | undefined;
      /** Of a call: the agent's own change of state that it brings. */
      readonly transition: TruthTransition | undefined;
    };

const OUTBOUND_SHARE = 0.15;
/** Longer than any seeded after-call work, whose end is what the agent does next. */
const LOOK_AHEAD_MS = 10 * MINUTE_MS;

/**
 * The events of `(from, to]`, in order of time.
 * @param withChannels whether chats and emails come beside the calls
 */
export function dayEvents(
  centre: ContactCentre,
  user: User,
  from: Instant,
  to: Instant,
  withChannels: boolean,
): DayEvent[] {
  const transitions = centre.truth(user, from + 1, to + LOOK_AHEAD_MS);
  const events = transitions.flatMap((transition, index) =>
    transition.at > to
      ? []
      : [eventOf(centre.seed, user, transition, transitions[index + 1]?.at, withChannels)],
  );
  if (!withChannels) return events;
  const contacts = centre
    .workdays(user, from, to)
    .flatMap(({ shift }) => channelContacts(centre.seed, user, shift))
    .filter(({ at }) => at > from && at <= to);
  return [...events, ...contacts].sort((one, other) => one.at - other.at);
}

function eventOf(
  seed: number,
  user: User,
  transition: TruthTransition,
  nextAt: Instant | undefined,
  withSkill: boolean,
): DayEvent {
  const { at, state, sessionId } = transition;
  if (sessionId === undefined) return { kind: 'status', at, transition };
  const origin: SessionOrigin = {
    id: sessionId,
    userId: user.userId,
    mediaType: 'voice',
    direction: randomOf(keyOf(seed, sessionId))() < OUTBOUND_SHARE ? 'outbound' : 'inbound',
    skillId: withSkill ? SKILL_OF_CHANNEL.voice : undefined,
  };
  const acwEndsAt = state === 'acw' ? (nextAt ?? at) : undefined;
  return { kind: 'session', at, origin, state: state as SessionState, acwEndsAt, transition };
}
