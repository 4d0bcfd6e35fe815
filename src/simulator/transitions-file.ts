import type { Instant } from '../domain/instant.ts';
import type { ContactCentre } from './contact-centre.ts';
import type { User } from './roster.ts';
import { writeInstant } from './wire.ts';
import type { TruthTransition } from './workday.ts';

/**
 * Lines of an NDJSON file for `import`: the transitions of `[from, to)` as the engine told of them, agent by
 * agent, each in order of time. Lines end in a line feed.
 * @param userIds whose; all agents when it is left out
 */
export function* transitionsNdjson(
  centre: ContactCentre,
  from: Instant,
  to: Instant,
  userIds?: readonly string[],
): Generator<string> {
  for (const user of chosen(centre, userIds)) {
    for (const transition of centre.truth(user, from, to))
      yield `${JSON.stringify(lineOf(user, transition))}\n`;
  }
}

function* chosen(centre: ContactCentre, userIds: readonly string[] | undefined): Generator<User> {
  if (userIds === undefined) {
    for (let index = 0; index < centre.agents; index += 1) yield* centre.users(index, index + 1);
    return;
  }
  for (const userId of userIds) {
    const user = centre.findAgent(userId);
    if (user === undefined) throw new Error(`${userId} is no agent of this contact centre`);
    yield user;
  }
}

function lineOf(user: User, transition: TruthTransition): Record<string, string | undefined> {
  return {
    userId: user.userId,
    state: transition.state,
    updatedTimestamp: writeInstant(transition.at),
    eventId: `evt_${user.userId.slice(4)}_${transition.at}`,
    // Pushed within the second: which part of it is of no consequence, as long as it is the same every time.
    receivedAt: writeInstant(transition.at + 40 + (transition.at % 900)),
    ...(transition.sessionId === undefined ? {} : { sessionId: transition.sessionId, mediaType: 'voice' }),
  };
}
