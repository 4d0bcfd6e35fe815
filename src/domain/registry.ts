import type { Instant } from './instant.ts';
import type { KnownSession, Session } from './session.ts';

/** A session as the registry has it, with what decides whether later news is newer. */
export interface RegisteredSession extends KnownSession {
  /** The latest push that counted, by the vendor's clock. */
  readonly pushedAt: Instant | undefined;
  /** When the latest poll that counted was sent, by ours. */
  readonly polledAt: Instant | undefined;
  /** When anything that counted was last heard of it, by ours. */
  readonly heardAt: Instant;
}

/** What the vendor pushed: `at` by its clock, `receivedAt` by ours. */
export interface SessionPush {
  readonly session: Session;
  readonly at: Instant;
  readonly receivedAt: Instant;
}

/**
 * The session after a push, which may come late, twice or out of order; `undefined` when it changes nothing. Pushes
 * are held against pushes, by the vendor's clock. Against a poll both clocks have to do, so what is wrongly taken for
 * older is put right by the next poll; an end is believed whenever it comes, since no session comes back from it.
 */
export function hearPush(
  known: RegisteredSession | undefined,
  { session, at, receivedAt }: SessionPush,
): RegisteredSession | undefined {
  if (known === undefined) {
    return { ...session, at, pushedAt: at, polledAt: undefined, heardAt: receivedAt };
  }
  const { pushedAt, polledAt } = known;
  const isSame = session.state === known.state;
  if (pushedAt !== undefined && at < pushedAt) return undefined;
  if (pushedAt === at && (isSame || known.state === 'ended')) return undefined;
  const isBeforePoll = polledAt !== undefined && at < polledAt;
  if (isBeforePoll && !isSame && session.state !== 'ended') return undefined;
  const since = isSame ? Math.min(known.at, at) : at;
  return {
    ...merged(known, session),
    at: since,
    pushedAt: at,
    polledAt,
    heardAt: Math.max(known.heardAt, receivedAt),
  };
}

/**
 * The session after a poll that was sent at `observedAt`; `undefined` when something was heard of it since, so that
 * the answer may be older. A poll does not say since when a state lasts: while it stays the same, its instant stays.
 */
export function hearPoll(
  known: RegisteredSession | undefined,
  session: Session,
  observedAt: Instant,
): RegisteredSession | undefined {
  const heard = { polledAt: observedAt, heardAt: observedAt };
  if (known === undefined) return { ...session, at: observedAt, pushedAt: undefined, ...heard };
  if (observedAt < known.heardAt) return undefined;
  const at = session.state === known.state ? known.at : observedAt;
  return { ...merged(known, session), at, pushedAt: known.pushedAt, ...heard };
}

/** The session when a poll of all active ones, sent at `observedAt`, does not show it; `undefined` as above. */
export function missInPoll(known: RegisteredSession, observedAt: Instant): RegisteredSession | undefined {
  return hearPoll(known, { ...known, state: 'ended', acwRemainingSeconds: undefined }, observedAt);
}

/** Pushes do not say everything; what they leave out is kept as it was. */
function merged(known: Session, news: Session): Session {
  const isSame = news.state === known.state;
  return {
    ...news,
    direction: news.direction ?? known.direction,
    skillId: news.skillId ?? known.skillId,
    acwRemainingSeconds: news.acwRemainingSeconds ?? (isSame ? known.acwRemainingSeconds : undefined),
  };
}
